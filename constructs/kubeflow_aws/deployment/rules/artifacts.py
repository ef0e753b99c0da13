"""What must hold for the bucket, and for the folders of profiles in it."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX, Artifacts
from kubeflow_aws.deployment.model import Deployment

MAX_PROFILES_WITH_OUR_ROLE: Final = 2400
"""A cluster takes 5,000 Pod Identity associations (EKS User Guide, "Learn how EKS Pod Identity
grants Pods access to AWS services"; believed, not tried), a profile has two, the platform some."""


def check_artifacts(deployment: Deployment) -> None:
    """Settings of S3 only where there is S3, and a folder of its own for each profile."""
    profiles = deployment.profiles
    if deployment.artifacts_option is not Artifacts.S3:
        if "s3" in deployment.model_fields_set:
            raise ValueError(
                f"s3 is set, but artifacts is {deployment.artifacts_option}; remove it, or set "
                "artifacts: s3"
            )
        for profile in profiles:
            if profile.artifacts_prefix:
                raise ValueError(
                    f"profiles.{profile.name}.artifacts_prefix is set, but artifacts is "
                    f"{deployment.artifacts_option}; remove it, or set artifacts: s3"
                )
        return
    ours = sum(not profile.role_arn for profile in profiles)
    if ours > MAX_PROFILES_WITH_OUR_ROLE:
        raise ValueError(
            f"profiles names {ours} profiles without a role_arn, but with artifacts: s3 a cluster "
            f"has associations for {MAX_PROFILES_WITH_OUR_ROLE}; give the others a role_arn, or "
            "make a second deployment"
        )
    for profile in profiles:
        prefix = f"{profile.artifacts_folder}/"
        if f"{PROFILES_PREFIX}/".startswith(prefix) or (
            prefix.startswith(f"{PROFILES_PREFIX}/")
            and not prefix.startswith(f"{profile.log_folder}/")
        ):
            raise ValueError(
                f"profiles.{profile.name}.artifacts_prefix is {profile.artifacts_folder}, but "
                f"under {PROFILES_PREFIX}/ each profile has the folder of its own name alone; "
                "choose another"
            )
    outer: tuple[str, str] | None = None
    folders = sorted((f"{profile.artifacts_folder}/", profile.name) for profile in profiles)
    for folder, name in folders:
        if outer and folder.startswith(outer[0]) and name != outer[1]:
            raise ValueError(
                f"profiles.{name}.artifacts_prefix is {folder[:-1]}, which lies in "
                f"{outer[0][:-1]} of profile {outer[1]}; give each profile a folder of its own"
            )
        if not outer or not folder.startswith(outer[0]):
            outer = folder, name
