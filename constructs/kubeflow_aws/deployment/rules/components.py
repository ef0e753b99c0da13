"""What must hold between the components."""

from __future__ import annotations

from kubeflow_aws.deployment.model import Deployment


def check_components(deployment: Deployment) -> None:
    """No component is on without those that it stands on."""
    components = deployment.components
    if components.kserve and not components.knative:
        raise ValueError("components.kserve needs components.knative; switch both off or both on")
    if not deployment.cluster.existing:
        for name in ("cert_manager", "load_balancer_controller"):
            if not getattr(components, name):
                raise ValueError(
                    f"components.{name} is off, but a new cluster has none; "
                    "switch it off only with cluster.existing"
                )
