"""The addresses of models: under the platform's domain, by https, where there is one.

KServe's settings are JSON inside of a ConfigMap, where no kustomize patch reaches (26.03,
applications/kserve/kserve/kustomization.yaml).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Final, cast

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.objects import KubernetesObject, key_of
from kubeflow_aws.manifests.render import Rendered

COMPONENT: Final = "kserve"
CONFIG_MAP: Final = "inferenceservice-config"
KEY: Final = "ingress"


def configure_model_addresses(rendered: Rendered, deployment: Deployment) -> Rendered:
    """The component `kserve` with the domain of a deployment; any other component as it is.

    Raises:
        UserError: KServe's settings are not where they were.
    """
    if rendered.component.name != COMPONENT or deployment.domain is None:
        return rendered
    found = [item for item in rendered.objects if _is_configuration(item)]
    if len(found) != 1:
        raise UserError(
            f"component {COMPONENT}: expected one ConfigMap {CONFIG_MAP} with {KEY}, found "
            f"{len(found)}; upstream has changed, and kubeflow_aws/manifests/model_addresses.py "
            "must follow"
        )
    configured = _under(deployment.domain.name, found[0])
    return replace(
        rendered, objects=[configured if item is found[0] else item for item in rendered.objects]
    )


def _is_configuration(item: KubernetesObject) -> bool:
    key = key_of(item)
    data = item.get("data")
    return (
        key.kind == "ConfigMap"
        and key.name == CONFIG_MAP
        and isinstance(data, dict)
        and KEY in data
    )


def _under(domain: str, item: KubernetesObject) -> KubernetesObject:
    data = cast("dict[str, str]", item["data"])
    settings: dict[str, Any] = json.loads(data[KEY])
    settings["ingressDomain"] = domain
    settings["urlScheme"] = "https"
    # By path, models would be under the bare domain, which has no certificate and no record.
    settings.pop("pathTemplate", None)
    return {**item, "data": {**data, KEY: json.dumps(settings, indent=2)}}
