"""Leaves out what a Kubernetes version does not serve: policies of admission."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.rendering.render import Rendered

_KINDS: Final = frozenset({"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"})


def with_admission_policies(rendered: Rendered, version: KubernetesVersion) -> Rendered:
    """A component with its policies of admission, if the cluster knows them.

    Args:
        rendered: The component.
        version: The cluster's.
    """
    if version.has_admission_policies:
        return rendered
    return replace(
        rendered, objects=[item for item in rendered.objects if item.get("kind") not in _KINDS]
    )
