"""`kubeflow-aws lock-upstream`: the digests of the upstream sources."""

from __future__ import annotations

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.cli.printing import tell
from kubeflow_aws.cli.project import CACHE, MANIFESTS, mirror
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.relock import relock
from kubeflow_aws.upstream.tools import find_tools


def command() -> None:
    """Write the digests of all upstream sources anew.

    They come from the mirror that KUBEFLOW_UPSTREAM_MIRROR names, or from the network.
    """
    file = MANIFESTS / "upstream.lock.yaml"
    tools = find_tools(kubernetes_versions()[DEFAULT_KUBERNETES_VERSION], CACHE)
    relock(file, load_lock(file), mirror=mirror(), notify=tell, helm=tools.helm)
