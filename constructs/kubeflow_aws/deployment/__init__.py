"""The deployment file: one YAML file is the whole user interface."""

from kubeflow_aws.deployment.loading import (
    DeploymentError,
    deployment_path,
    load_delivery,
    load_deployment,
)
from kubeflow_aws.deployment.model import Deployment, Environment

__all__ = [
    "Deployment",
    "DeploymentError",
    "Environment",
    "deployment_path",
    "load_delivery",
    "load_deployment",
]
