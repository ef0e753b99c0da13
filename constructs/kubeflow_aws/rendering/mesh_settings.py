"""Settings of the mesh that make profiles walls.

They are YAML inside of a ConfigMap (26.03.1, common/istio/istio-install/base, ConfigMap `istio`).
"""

from __future__ import annotations

from typing import Any, Final

import yaml

from kubeflow_aws.rendering.config_texts import with_config_text
from kubeflow_aws.rendering.render import Rendered

COMPONENT: Final = "istio"


def configure_mesh(rendered: Rendered) -> Rendered:
    """The component `istio` with our settings; any other component as it is.

    Raises:
        UserError: The mesh's settings are not where they were.
    """
    if rendered.component.name != COMPONENT:
        return rendered
    return with_config_text(rendered, config_map=COMPONENT, key="mesh", edit=_without_ingresses)


def _without_ingresses(text: str) -> str:
    settings: dict[str, Any] = yaml.safe_load(text)
    # By default istiod puts every Ingress of every namespace on the gateway, whatever its host: the
    # platform's own, for example. Nothing here is reached by one; KServe would make some in its
    # mode Standard, and its mode here is Serverless. A text: YAML's bare OFF is a boolean, for
    # which istiod ignores the whole mesh configuration.
    settings["ingressControllerMode"] = "OFF"
    return yaml.safe_dump(settings, sort_keys=False)
