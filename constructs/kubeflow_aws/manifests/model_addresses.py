"""The addresses of models: under the platform's domain, by https, where there is one.

KServe's settings are JSON inside of a ConfigMap (26.03.1,
applications/kserve/kserve/kustomization.yaml).
"""

from __future__ import annotations

import json
from typing import Any, Final

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.manifests.config_texts import with_config_text
from kubeflow_aws.manifests.render import Rendered

COMPONENT: Final = "kserve"


def configure_model_addresses(rendered: Rendered, deployment: Deployment) -> Rendered:
    """The component `kserve` with the domain of a deployment; any other component as it is.

    Raises:
        UserError: KServe's settings are not where they were.
    """
    domain = deployment.domain
    if rendered.component.name != COMPONENT or domain is None:
        return rendered
    return with_config_text(
        rendered,
        config_map="inferenceservice-config",
        key="ingress",
        edit=lambda text: _under(domain.name, text),
    )


def _under(domain: str, text: str) -> str:
    settings: dict[str, Any] = json.loads(text)
    settings["ingressDomain"] = domain
    settings["urlScheme"] = "https"
    # By path, models would be under the bare domain, which has no certificate and no record.
    settings.pop("pathTemplate", None)
    return json.dumps(settings, indent=2)
