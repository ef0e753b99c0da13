"""What must hold for shared file systems."""

from __future__ import annotations

from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.model import Deployment


def check_storage(deployment: Deployment) -> None:
    """Only what exists is linked, and profiles have room for claims on shared file systems."""
    fsx = deployment.storage.fsx
    is_linked = "link_artifacts" in fsx.model_fields_set and fsx.link_artifacts
    if is_linked and deployment.artifacts_option is not Artifacts.S3:
        raise ValueError(
            f"storage.fsx.link_artifacts is true, but artifacts is {deployment.artifacts_option}; "
            "remove it, or set artifacts: s3"
        )
    claims = deployment.storage.efs.enabled + deployment.storage.fsx.enabled
    for profile in deployment.profiles:
        volumes = profile.quota.volumes
        if volumes is not None and volumes < claims:
            raise ValueError(
                f"profiles.{profile.name}.quota.volumes is {volumes}, but every profile has "
                f"{claims} shared volumes of its own (storage.efs, storage.fsx); give more"
            )
