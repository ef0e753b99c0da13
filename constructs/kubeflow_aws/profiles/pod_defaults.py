"""What a notebook's owner may tick in the form: PodDefaults of each profile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kubeflow_aws.deployment.profiles import Profile
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.rendering.notebook_form import AWS_CREDENTIALS, PIPELINES_ACCESS

_MOUNT: Final = "/var/run/secrets/kubeflow/pipelines"


@dataclass(frozen=True, kw_only=True, slots=True)
class PodDefaults:
    """What the platform offers to notebooks.

    Attributes:
        pipelines: Whether Pipelines is installed.
        artifacts_bucket: Name of the bucket of artifacts, if there is one; may be a token.
        region: Region of the bucket.
    """

    pipelines: bool
    artifacts_bucket: str | None
    region: str


def pod_defaults(profile: Profile, offer: PodDefaults) -> Iterator[KubernetesObject]:
    """The PodDefaults of one profile.

    Args:
        profile: The profile.
        offer: What there is.
    """
    if offer.pipelines:
        yield _pod_default(profile.name, PIPELINES_ACCESS, _pipelines_access())
    if offer.artifacts_bucket:
        environment = {
            "AWS_DEFAULT_REGION": offer.region,
            "ARTIFACTS_BUCKET": offer.artifacts_bucket,
            "ARTIFACTS_FOLDER": profile.artifacts_folder,
        }
        yield _pod_default(
            profile.name,
            AWS_CREDENTIALS,
            {
                "desc": "AWS credentials for this profile's artifacts in S3",
                # The role is associated with it (EKS Pod Identity); there is no key to mount.
                "serviceAccountName": "default-editor",
                "env": [{"name": name, "value": value} for name, value in environment.items()],
            },
        )


def _pipelines_access() -> dict[str, JsonValue]:
    """A token for Pipelines' API (Kubeflow documentation, "Connect the SDK to the API")."""
    token: dict[str, JsonValue] = {
        "serviceAccountToken": {
            "path": "token",
            "expirationSeconds": 7200,
            "audience": "pipelines.kubeflow.org",
        }
    }
    return {
        "desc": "Access to Kubeflow Pipelines",
        "env": [{"name": "KF_PIPELINES_SA_TOKEN_PATH", "value": f"{_MOUNT}/token"}],
        "volumes": [{"name": "pipelines-token", "projected": {"sources": [token]}}],
        "volumeMounts": [{"name": "pipelines-token", "mountPath": _MOUNT, "readOnly": True}],
    }


def _pod_default(namespace: str, name: str, spec: dict[str, JsonValue]) -> KubernetesObject:
    return {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {name: "true"}}, **spec},
    }
