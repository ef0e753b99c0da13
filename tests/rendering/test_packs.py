"""Packs: phases, limits, and stability when objects come and go."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.component import Component, Gate, PackCounts
from kubeflow_aws.rendering.packs import ORDER, Pack, Phase, pack_component


def make(kind: str, name: str, **rest: JsonValue) -> KubernetesObject:
    groups = {
        "CustomResourceDefinition": "apiextensions.k8s.io/v1",
        "ValidatingWebhookConfiguration": "admissionregistration.k8s.io/v1",
        "Deployment": "apps/v1",
        "Thing": "example.org/v1",
    }
    return {
        "apiVersion": groups.get(kind, "v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": "kubeflow"},
        **rest,
    }


CRD = make(
    "CustomResourceDefinition",
    "things.example.org",
    spec={"group": "example.org", "names": {"kind": "Thing", "plural": "things"}},
)


def webhook(policy: str = "Fail") -> KubernetesObject:
    rules: JsonValue = [{"apiGroups": ["example.org"], "resources": ["things"]}]
    return make(
        "ValidatingWebhookConfiguration",
        "things",
        webhooks=[{"name": "things", "failurePolicy": policy, "rules": rules}],
    )


def database(claim: str) -> KubernetesObject:
    volumes: JsonValue = [{"name": "data", "persistentVolumeClaim": {"claimName": claim}}]
    return make(
        "Deployment",
        "mysql",
        spec={"template": {"spec": {"containers": [], "volumes": volumes}}},
    )


def phases(packs: list[Pack]) -> dict[str, Phase]:
    return {str(key_of(item)): pack.phase for pack in packs for item in pack.objects}


def test_each_object_has_its_phase(component: Callable[..., Component]) -> None:
    packs = pack_component(
        component("one", ready=(Gate(kind="ValidatingWebhookConfiguration", name="things"),)),
        [
            make("Thing", "thing"),
            make("Namespace", "kubeflow"),
            CRD,
            webhook(),
            make("ConfigMap", "settings"),
            make("PersistentVolumeClaim", "disk"),
            database("disk"),
        ],
    )

    assert phases(packs) == {
        "Namespace kubeflow/kubeflow": Phase.DEFINITIONS,
        "CustomResourceDefinition.apiextensions.k8s.io kubeflow/things.example.org": (
            Phase.DEFINITIONS
        ),
        "PersistentVolumeClaim kubeflow/disk": Phase.STATEFUL,
        "Deployment.apps kubeflow/mysql": Phase.STATEFUL,
        "ConfigMap kubeflow/settings": Phase.WORKLOADS,
        "ValidatingWebhookConfiguration.admissionregistration.k8s.io kubeflow/things": (
            Phase.WORKLOADS
        ),
        "Thing.example.org kubeflow/thing": Phase.ADMITTED,
    }


def test_nothing_waits_for_a_webhook_that_may_be_down(component: Callable[..., Component]) -> None:
    packs = pack_component(component("one"), [make("Thing", "thing"), CRD, webhook("Ignore")])

    assert phases(packs)["Thing.example.org kubeflow/thing"] is Phase.WORKLOADS


@pytest.mark.parametrize("group", ["example.org", "*"])
@pytest.mark.parametrize("resource", ["things", "things/*", "*", "*/*"])
def test_a_webhook_names_what_it_admits_as_kubernetes_lets_it(
    component: Callable[..., Component], group: str, resource: str
) -> None:
    rules: JsonValue = [{"apiGroups": [group], "resources": [resource]}]
    admits = make("ValidatingWebhookConfiguration", "v", webhooks=[{"name": "v", "rules": rules}])
    gate = Gate(kind="ValidatingWebhookConfiguration", name="v")
    packs = pack_component(component("one", ready=(gate,)), [make("Thing", "thing"), CRD, admits])

    assert phases(packs)["Thing.example.org kubeflow/thing"] is Phase.ADMITTED


def test_an_object_whose_webhook_nobody_waits_for_is_named(
    component: Callable[..., Component],
) -> None:
    with pytest.raises(UserError, match=r"Thing\.example\.org kubeflow/thing must be admitted"):
        pack_component(component("one"), [make("Thing", "thing"), CRD, webhook()])


def test_a_claim_of_somebody_else_makes_no_workload_stateful(
    component: Callable[..., Component],
) -> None:
    packs = pack_component(component("one"), [database("elsewhere")])

    assert [pack.phase for pack in packs] == [Phase.WORKLOADS]


def test_what_others_refer_to_comes_first_and_webhooks_last(
    component: Callable[..., Component],
) -> None:
    [pack] = pack_component(
        component("one"),
        [webhook(), make("Service", "s"), make("ConfigMap", "c"), make("ServiceAccount", "a")],
    )

    kinds = [item["kind"] for item in pack.objects]
    assert kinds == ["ServiceAccount", "ConfigMap", "Service", "ValidatingWebhookConfiguration"]


def test_an_object_more_moves_no_other(component: Callable[..., Component]) -> None:
    three = component("one", packs=PackCounts(workloads=3))
    some = [make("ConfigMap", f"map-{number}") for number in range(30)]

    def places(items: list[KubernetesObject]) -> dict[str, int]:
        return {
            str(key_of(item)): pack.number
            for pack in pack_component(three, items)
            for item in pack.objects
        }

    before = places(some)
    after = places([*some, make("ConfigMap", "another")])

    assert set(before.values()) == {1, 2, 3}
    assert after | before == after


def test_an_object_too_big_for_any_pack_is_named(component: Callable[..., Component]) -> None:
    with pytest.raises(UserError, match="ConfigMap kubeflow/huge of component one is too big"):
        pack_component(component("one"), [make("ConfigMap", "huge", data={"x": "y" * 200_000})])


def test_a_pack_with_too_many_bytes_says_which_number_to_raise(
    component: Callable[..., Component],
) -> None:
    items = [make("ConfigMap", f"m{n}", data={"x": "y" * 90_000}) for n in range(3)]

    with pytest.raises(UserError, match=r"pack one workloads 1 is too full: .* raise packs\.work"):
        pack_component(component("one"), items)


def test_a_pack_of_which_kubectl_prints_too_much_says_which_number_to_raise(
    component: Callable[..., Component],
) -> None:
    # "configmap/", 40 letters, " serverside-applied" and three for the end of the line: 72 each.
    items = [make("ConfigMap", f"{n:040}") for n in range(44)]

    assert [pack.answer_bytes for pack in pack_component(component("one"), items[:43])] == [3_096]
    with pytest.raises(UserError, match=r"prints 3,168 bytes of at most 3,100 for its 44 objects"):
        pack_component(component("two"), items)


def test_an_ingress_goes_before_its_class(component: Callable[..., Component]) -> None:
    """Its controller lets no Ingress go whose class is gone; so the class is never deleted."""
    packs = pack_component(component("one"), [make("Ingress", "x"), make("IngressClass", "y")])

    assert list(phases(packs).values()) == [Phase.DEFINITIONS, Phase.STATEFUL]
    [step] = [number for number, phases in enumerate(ORDER) if Phase.STATEFUL in phases]
    assert Phase.DEFINITIONS in ORDER[step - 1]


@pytest.mark.parametrize("admitted", [True, False])
def test_objects_of_a_components_own_kinds_wait_together(
    component: Callable[..., Component], admitted: bool
) -> None:
    """Where some wait for a webhook; their kinds are surely served by then."""
    other = make(
        "CustomResourceDefinition",
        "others.example.org",
        spec={"group": "example.org", "names": {"kind": "Other", "plural": "others"}},
    )
    items = [CRD, other, {**make("Thing", "x"), "kind": "Other"}, webhook()]
    if admitted:
        items.append(make("Thing", "thing"))
    gate = Gate(kind="ValidatingWebhookConfiguration", name="things")

    found = phases(pack_component(component("one", ready=(gate,)), items))

    expected = Phase.ADMITTED if admitted else Phase.WORKLOADS
    assert found["Other.example.org kubeflow/x"] is expected
