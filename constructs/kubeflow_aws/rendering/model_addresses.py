"""The addresses of models: under the platform's domain, by https, where there is one.

In KServe's mode Serverless the host is Knative's, without the part of its name that says
`predictor` (KServe 0.18.0, `getServiceHost`): of a template and a domain that two ConfigMaps of
Knative name (`manifests/components/knative/addresses-of-one-label.yaml`). KServe's own settings,
JSON inside of a ConfigMap (26.03.1, applications/kserve/kserve/kustomization.yaml), say the scheme,
and hosts in modes that make Ingresses.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.config_texts import with_config_text
from kubeflow_aws.rendering.render import Rendered

UPSTREAMS_DOMAIN: Final = "example.com"


def configure_model_addresses(rendered: Rendered, deployment: Deployment) -> Rendered:
    """`kserve` and `knative` with the domain of a deployment; any other component as it is.

    Raises:
        UserError: Their settings are not where they were.
    """
    domain = deployment.domain
    if domain is None:
        return rendered
    match rendered.component.name:
        case "kserve":
            return with_config_text(
                rendered,
                config_map="inferenceservice-config",
                key="ingress",
                edit=lambda text: _under(domain.name, text),
            )
        case "knative":
            return _with_domain(rendered, domain.name)
        case _:
            return rendered


def _under(domain: str, text: str) -> str:
    settings: dict[str, Any] = json.loads(text)
    settings["ingressDomain"] = domain
    settings["urlScheme"] = "https"
    # By path, models would be under the bare domain, which has no certificate and no record.
    settings.pop("pathTemplate", None)
    return json.dumps(settings, indent=2)


def _with_domain(rendered: Rendered, domain: str) -> Rendered:
    found = [item for item in rendered.objects if _domains(item) is not None]
    if len(found) != 1:
        raise UserError(
            f"component {rendered.component.name}: expected one ConfigMap config-domain with "
            f"{UPSTREAMS_DOMAIN}, found {len(found)}; upstream has changed, and "
            "kubeflow_aws/rendering/model_addresses.py must follow"
        )
    return replace(rendered, objects=[_at(domain, item) for item in rendered.objects])


def _at(domain: str, item: KubernetesObject) -> KubernetesObject:
    domains = _domains(item)
    if domains is None:
        return item
    # Of several domains Knative takes the first by the alphabet, so upstream's goes.
    others = {key: value for key, value in domains.items() if key != UPSTREAMS_DOMAIN}
    return {**item, "data": {**others, domain: ""}}


def _domains(item: KubernetesObject) -> dict[str, JsonValue] | None:
    """What Knative's ConfigMap of domains says, if upstream's is among them."""
    key, data = key_of(item), item.get("data")
    if key.kind != "ConfigMap" or key.name != "config-domain" or not isinstance(data, dict):
        return None
    return data if UPSTREAMS_DOMAIN in data else None
