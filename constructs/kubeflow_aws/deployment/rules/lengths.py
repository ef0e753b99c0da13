"""What names must not exceed once they are put together to something longer."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.storage import SHARED_CLAIM

LONGEST_CERTIFICATE_NAME: Final = 64
"""The first name of a certificate, whose Common Name it is (API reference of AWS Certificate
Manager, RequestCertificate, DomainName)."""

EFS_CLAIMS: Final = "/claims"
"""Folder of all claims (basePath in manifests/components/efs/storage-class.yaml)."""

LONGEST_EFS_PATH: Final = 100
"""Of an access point (aws-efs-csi-driver v3.4.1, pkg/driver/controller.go,
validatePathRequirements); with a longer one the claim stays pending."""

_MADE_UNIQUE: Final = len("-00000000-0000-0000-0000-000000000000")
"""What `ensureUniqueDirectory` adds."""


def check_lengths(deployment: Deployment) -> None:
    """No certificate and no folder gets a name that AWS refuses."""
    if deployment.domain and deployment.has_load_balancer:
        _check_certificates(deployment, deployment.domain)
    if deployment.storage.efs.enabled:
        _check_folders(deployment)


def _check_certificates(deployment: Deployment, domain: Domain) -> None:
    names = {"the load balancer": domain.wildcard}
    if deployment.auth.cognito.custom_domain:
        names["the sign-in page"] = domain.sign_in_host
    for who, name in names.items():
        surplus = len(name) - LONGEST_CERTIFICATE_NAME
        if surplus > 0:
            raise ValueError(
                f"domain.name has {len(domain.name)} characters, but {who} needs a certificate for "
                f"{name}, and those have names of {LONGEST_CERTIFICATE_NAME} at most; give a name "
                f"of {len(domain.name) - surplus} or fewer"
            )


def _check_folders(deployment: Deployment) -> None:
    for profile in deployment.profiles:
        surplus = len(efs_folder(profile.name)) + _MADE_UNIQUE - LONGEST_EFS_PATH
        if surplus > 0:
            raise ValueError(
                f"profiles names {profile.name}, of {len(profile.name)} characters; with "
                "storage.efs on, the driver makes its claim a folder and takes no path over "
                f"{LONGEST_EFS_PATH}, so give a name of {len(profile.name) - surplus} or fewer"
            )


def efs_folder(profile: str) -> str:
    """Where the files of a profile's claim lie, before the driver adds what makes it unique.

    Args:
        profile: Name of the profile.
    """
    return f"{EFS_CLAIMS}/{profile}/{SHARED_CLAIM}"
