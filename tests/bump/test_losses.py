"""What of what is gone is a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import yaml

from kubeflow_aws.bump.comparison import Compared, changes_between
from kubeflow_aws.bump.losses import losses_of
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.component import Component, Gate

MakeComponent = Callable[..., Component]

ACCOUNT = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: n}}"
SERVICE = "{apiVersion: v1, kind: Service, metadata: {name: a, namespace: n}}"
NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: n}}"
RBAC = "apiVersion: rbac.authorization.k8s.io/v1"
ROLE = f"{{{RBAC}, kind: Role, metadata: {{name: a, namespace: n}}}}"
CLUSTER_ROLE = f"{{{RBAC}, kind: ClusterRole, metadata: {{name: a}}}}"
ISSUER = "{apiVersion: cert-manager.io/v1, kind: Issuer, metadata: {name: a, namespace: n}}"
CLUSTER_ISSUER = "{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: a}}"
DEFINITION = (
    "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, "
    "metadata: {name: things.example.com}, spec: {group: example.com, names: {kind: Thing}}}"
)
WEBHOOK = "{clientConfig: {service: {name: a, namespace: n}}}"


def parsed(texts: Sequence[str]) -> list[KubernetesObject]:
    return [yaml.safe_load(text) for text in texts]


def config_map(name: str) -> str:
    return f"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: x}}}}"


def like(text: str) -> list[str]:
    """The object and two more of its kind, so that it is neither the last nor half of all."""
    others = [
        text.replace("name: ", f"name: {other}", 1).replace("{kind: Thing", f"{{kind: {other}Thing")
        for other in ("y", "z")
    ]
    return [text, *others]


def pair(component: Component, before: Sequence[str], after: Sequence[str]) -> Compared:
    return Compared(component=component, before=parsed(before), after=parsed(after))


def losses(*pairs: Compared) -> list[str]:
    return [f"{loss.component}: {loss.what}" for loss in losses_of(pairs)]


@pytest.mark.parametrize(
    ("lost", "user"),
    [
        (NAMESPACE, ACCOUNT.replace("name: a", "name: b")),
        (ACCOUNT, "{kind: RoleBinding, subjects: [{kind: ServiceAccount, name: a, namespace: n}]}"),
        (ACCOUNT, "{kind: Deployment, spec: {serviceAccountName: a}}"),
        (ROLE, "{kind: RoleBinding, roleRef: {kind: Role, name: a}}"),
        (CLUSTER_ROLE, "{kind: RoleBinding, roleRef: {kind: ClusterRole, name: a}}"),
        (ISSUER, "{kind: Certificate, spec: {issuerRef: {name: a}}}"),
        (CLUSTER_ISSUER, "{kind: Certificate, spec: {issuerRef: {kind: ClusterIssuer, name: a}}}"),
        (SERVICE, f"{{kind: MutatingWebhookConfiguration, webhooks: [{WEBHOOK}]}}"),
        (SERVICE, f"{{kind: Definition, spec: {{conversion: {{webhook: {WEBHOOK}}}}}}}"),
        (DEFINITION, "{apiVersion: example.com/v1, kind: Thing}"),
    ],
    ids=lambda text: text[:60],
)
def test_what_another_object_names_is_lost(lost: str, user: str, component: MakeComponent) -> None:
    one, two = component("one"), component("two")
    users = [completed(user)]

    gone = losses(pair(one, like(lost), like(lost)[1:]), pair(two, users, users))
    kept = losses(pair(one, like(lost), like(lost)), pair(two, users, users))

    assert len(gone) == 1
    assert "which" in gone[0]
    assert gone[0].endswith("of two names")
    assert kept == []


def completed(user: str) -> str:
    """The object with its name and its API, in the namespace n."""
    item = yaml.safe_load(user)
    apis = {
        "RoleBinding": "rbac.authorization.k8s.io/v1",
        "Certificate": "cert-manager.io/v1",
        "Deployment": "apps/v1",
    }
    item.setdefault("apiVersion", apis.get(item["kind"], "v1"))
    item.setdefault("metadata", {"name": "user", "namespace": "n"})
    if item["kind"] == "Deployment":
        pod = item["spec"] | {"containers": []}
        item["spec"] = {"template": {"spec": pod}}
    return yaml.safe_dump(item)


def test_what_nobody_names_is_none(component: MakeComponent) -> None:
    assert losses(pair(component("one"), like(ACCOUNT), like(ACCOUNT)[1:])) == []


def test_a_gate_is_lost(component: MakeComponent) -> None:
    deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a, namespace: n}}"
    gated = component("one", ready=(Gate(kind="Deployment", namespace="n", name="a"),))

    assert losses(pair(gated, like(deployment), like(deployment)[1:])) == [
        "one: Deployment.apps n/a, a gate of component.yaml"
    ]
    assert losses(pair(component("two"), like(deployment), like(deployment)[1:])) == []


@pytest.mark.parametrize(
    "field",
    [
        "patches: [{path: p.yaml, target: {kind: ConfigMap, name: a.*}}]",
        "replacements: [{targets: [{select: {kind: ConfigMap, name: a.*}}]}]",
    ],
)
def test_the_target_of_a_patch_is_lost_if_it_was_the_last(
    field: str, component: MakeComponent
) -> None:
    one = component("one", {"kustomization.yaml": f"{field}\n"})
    before = [config_map(name) for name in ("ab", "ac", "d", "e", "f", "g")]

    assert losses(pair(one, before, before[2:])) == [
        "one: ConfigMap x/ab, the target of a patch of ours",
        "one: ConfigMap x/ac, the target of a patch of ours",
    ]
    assert losses(pair(one, before, before[1:])) == []


def test_the_last_of_a_kind_is_lost(component: MakeComponent) -> None:
    before = [config_map("a"), config_map("b"), config_map("c"), SERVICE]

    assert losses(pair(component("one"), before, before[:3])) == ["one: every Service (1)"]


def test_more_than_half_is_lost(component: MakeComponent) -> None:
    before = [config_map(name) for name in "abcd"]

    assert losses(pair(component("one"), before, before[:1])) == ["one: 3 of 4 objects"]
    assert losses(pair(component("two"), before, before[:2])) == []


def test_what_another_component_has_now_is_not_lost(component: MakeComponent) -> None:
    moved = [ROLE, *like(ACCOUNT)]
    pairs = pair(component("one"), moved, []), pair(component("two"), [], moved)

    assert losses(*pairs) == []
    assert changes_between(pairs) == []


def test_variants_are_compared_each_with_itself(component: MakeComponent) -> None:
    one = component("one")
    plain, other = config_map("a"), config_map("a").replace("}}", "}, data: {a: b}}")

    assert changes_between([pair(one, [plain], [plain]), pair(one, [other], [other])]) == []
    [changes] = changes_between([pair(one, [plain], [plain]), pair(one, [other], [plain])])
    assert (len(changes.changed), changes.added, changes.removed) == (1, [], [])


def test_what_one_variant_loses_is_removed(component: MakeComponent) -> None:
    one = component("one")
    both = [config_map("a"), config_map("b")]

    [changes] = changes_between([pair(one, both, both), pair(one, both, both[:1])])

    assert [str(key) for key in changes.removed] == ["ConfigMap x/b"]
