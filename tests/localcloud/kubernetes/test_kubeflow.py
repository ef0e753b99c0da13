"""What this project applies fits into the small API, and applied once more it changes nothing.

On a real control plane, whole deployments say so (`tests/platform`).
"""

from __future__ import annotations

import json
from functools import partial

import pytest

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of
from kubeflow_aws.rendering.platform import Platform
from tests.support.kubernetes import Cluster, manifest
from tests.support.waiting import eventually

ORDER = {"Namespace": 0, "CustomResourceDefinition": 1}


def apply_all(cluster: Cluster, platform: Platform) -> None:
    for rank in (0, 1, 2):
        chosen = [item for item in platform.objects if ORDER.get(str(item["kind"]), 2) == rank]
        assert chosen
        eventually(partial(unserved, cluster, chosen))


def unserved(cluster: Cluster, items: list[KubernetesObject]) -> str:
    """Apply objects; what kubectl says if their kinds are not served yet."""
    arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"]
    done = cluster.try_kubectl(*arguments, stdin=manifest(*items))
    # A kind that a CRD has just brought may be served a moment later.
    if "ensure CRDs are installed first" in done.stderr:
        return done.stderr
    assert done.returncode == 0, done.stderr
    return ""


def revisions(cluster: Cluster) -> dict[str, str]:
    """The resource versions of some kinds that no controller goes on writing."""
    text = cluster.kubectl("get", "crd,cm,secret,clusterrole,svc,deploy", "-A", "-o", "json")
    return {
        str(key_of(item)): item["metadata"]["resourceVersion"] for item in json.loads(text)["items"]
    }


@pytest.mark.upstream
def test_the_whole_of_kubeflow_is_accepted_and_applied_again_unchanged(
    small: Cluster, upstream_platform: Platform
) -> None:
    apply_all(small, upstream_platform)
    small.kubectl("wait", "--for=condition=Available", "deploy", "--all", "-A", "--timeout=120s")
    before = revisions(small)
    apply_all(small, upstream_platform)
    after = revisions(small)
    assert {key for key in before if before[key] != after.get(key)} == set()
