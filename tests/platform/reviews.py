"""What a real API server says of a right, as Kubeflow's programs ask it."""

from __future__ import annotations

from typing import Final

from tests.support.kubernetes import Cluster

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


def may(
    cluster: Cluster, user: str, verb: str, resource: str, namespace: str = "", *groups: str
) -> bool:
    """Whether somebody has a right.

    Args:
        cluster: Where.
        user: Who. Kubeflow's programs name nobody's groups.
        verb: What to do.
        resource: With what, as kubectl writes it: ``pods/exec``, ``deployments.apps``.
        namespace: Where; everywhere if left out.
        groups: Of the user.
    """
    kind, _, group = resource.partition(".")
    kind, _, part = kind.partition("/")
    asked = {
        "group": group,
        "resource": kind,
        "subresource": part,
        "verb": verb,
        "namespace": namespace,
    }
    spec = {"user": user, "groups": list(groups), "resourceAttributes": asked}
    return bool(cluster.done("POST", _REVIEWS, {"spec": spec})["status"]["allowed"])
