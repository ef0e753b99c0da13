"""The notebook form: upstream's, with the images, devices and volumes of a deployment.

The form is YAML inside of a ConfigMap (26.03.1,
applications/notebooks-v1/upstream/jupyter-web-app/base/configs/spawner_ui_config.yaml).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.storage import FAST_CLAIM, SHARED_CLAIM
from kubeflow_aws.rendering.config_texts import with_config_text
from kubeflow_aws.rendering.render import Rendered

COMPONENT: Final = "notebooks"
CONFIG_MAP: Final = "jupyter-web-app-config"
FILE: Final = "spawner_ui_config.yaml"

PIPELINES_ACCESS: Final = "access-ml-pipeline"
"""PodDefault under the name that the documentation of Kubeflow Pipelines gives it."""

AWS_CREDENTIALS: Final = "aws-credentials"
"""PodDefault with the role of the profile."""

HOME: Final = "/home/jovyan"

VENDORS: Final = {
    "gpu": ("nvidia.com/gpu", "NVIDIA"),
    "neuron": ("aws.amazon.com/neuron", "Neuron"),
}
"""What a pool offers to pods, and how the form calls it."""


def configure_notebook_form(rendered: Rendered, deployment: Deployment) -> Rendered:
    """The component `notebooks` with the form of a deployment; any other component as it is.

    Raises:
        UserError: Upstream's form is not where it was.
    """
    if rendered.component.name != COMPONENT:
        return rendered
    return with_config_text(
        rendered, config_map=CONFIG_MAP, key=FILE, edit=lambda text: _configured(text, deployment)
    )


def _configured(text: str, deployment: Deployment) -> str:
    # The file's shape is upstream's.
    form: dict[str, Any] = yaml.safe_load(text)
    defaults: dict[str, Any] = form["spawnerFormDefaults"]
    settings = deployment.notebooks
    lists = {
        "image": settings.jupyter_images,
        "imageGroupOne": settings.code_server_images,
        "imageGroupTwo": settings.rstudio_images,
    }
    for name, images in lists.items():
        if images:
            defaults[name] = {"value": images[0], "options": list(images)}
    defaults["allowCustomImage"] = settings.custom_images
    defaults["gpus"]["value"]["vendors"] = _vendors(deployment)
    defaults["dataVolumes"]["value"] = _data_volumes(deployment)
    defaults["configurations"]["value"] = _configurations(deployment)
    return yaml.safe_dump(form, sort_keys=False)


def _vendors(deployment: Deployment) -> list[Mapping[str, str]]:
    """Those of the cluster's pools; all for a cluster whose nodes are not ours to know."""
    pools = deployment.cluster.node_pools.named()
    return [
        {"limitsKey": key, "uiName": name}
        for pool, (key, name) in VENDORS.items()
        if deployment.cluster.existing or pool in pools
    ]


def _data_volumes(deployment: Deployment) -> list[Mapping[str, Any]]:
    storage = deployment.storage
    claims = {SHARED_CLAIM: storage.efs.enabled, FAST_CLAIM: storage.fsx.enabled}
    return [
        {
            "mount": f"{HOME}/{claim}",
            "existingSource": {"persistentVolumeClaim": {"claimName": claim}},
        }
        for claim, is_there in claims.items()
        if is_there
    ]


def _configurations(deployment: Deployment) -> Sequence[str]:
    offered = {
        PIPELINES_ACCESS: deployment.components.pipelines,
        AWS_CREDENTIALS: deployment.artifacts_option is Artifacts.S3,
    }
    return [name for name, is_there in offered.items() if is_there]
