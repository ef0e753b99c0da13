"""What the mesh lets a contributor through to in a profile, by her role.

Kubernetes' roles say what somebody may do with objects. What she may do with the servers of a
profile, the mesh alone says, and kfam writes the same policy for every role (Dashboard v2.0.0,
components/access-management/kfam/bindings.go): who may only look gets the owner's terminals by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kubeflow_aws.deployment.profiles import ContributorRole
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject

_GATEWAY: Final = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
_PIPELINES_UI: Final = "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"
"""Who speaks for a user, as in the profile controller's own policies."""

_ARTIFACTS: Final[Mapping[str, JsonValue]] = {
    "methods": ["GET"],
    "paths": ["/artifacts/*", "/pipeline/artifacts/*"],
    "ports": ["3000"],
}
"""What `ml-pipeline-ui-artifact` reads for the UI of Pipelines (2.17.0, frontend/server/app.ts)."""

_TENSORBOARDS: Final[Mapping[str, JsonValue]] = {"notPaths": ["/notebook/*"], "ports": ["6006"]}
"""The port of both controllers' TensorBoards (Kubeflow v1.10.0, tensorboard_controller.go;
Pipelines 2.17.0, backend/src/crd/controller/viewer/reconciler/reconciler.go). A notebook's owner
may choose its port, but not the path that Jupyter is asked under."""


def contributor_policy(
    metadata: Mapping[str, JsonValue], user: str, role: ContributorRole
) -> KubernetesObject:
    """The policy of the mesh that lets a contributor in.

    Args:
        metadata: Its name and place.
        user: The address.
        role: What she may do in the profile.
    """
    when: JsonValue = [{"key": "request.headers[kubeflow-userid]", "values": [user]}]
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": dict(metadata),
        "spec": {"rules": contributor_rules(when, role)},
    }


def contributor_rules(when: JsonValue, role: ContributorRole) -> list[JsonValue]:
    """The rules of a contributor's AuthorizationPolicy.

    Who may look is let through to what shows: artifacts and TensorBoards. A notebook is a shell, a
    viewer of volumes writes, and a model works for whoever asks it.

    Args:
        when: The conditions by which the gateway's requests are hers.
        role: What she may do in the profile.
    """
    if role is ContributorRole.EDIT:
        return [_rule([_GATEWAY, _PIPELINES_UI], when)]
    return [
        _rule([_PIPELINES_UI], when, to=_ARTIFACTS),
        _rule([_GATEWAY, _PIPELINES_UI], when, to=_TENSORBOARDS),
    ]


def _rule(
    principals: Sequence[str], when: JsonValue, *, to: Mapping[str, JsonValue] | None = None
) -> JsonValue:
    rule: dict[str, JsonValue] = {"from": [{"source": {"principals": list(principals)}}]}
    if to is not None:
        rule["to"] = [{"operation": dict(to)}]
    return {**rule, "when": when}
