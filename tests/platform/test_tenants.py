"""A real API server refuses what leads out of a profile, and admits all that people do there."""

from __future__ import annotations

import pytest

from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.profiles.network import network_policy
from tests.platform.tenancy import (
    FOLDER,
    PROFILE,
    Try,
    attacks,
    attempt,
    have_people,
    honest,
    person,
)
from tests.support.kubernetes import MERGE, Cluster, Tree
from tests.support.platforms import PROJECT
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

COMPONENT = PROJECT / "manifests" / "components" / "tenants"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
POLICIES = sorted(file.stem for file in FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def cluster(tenants: Cluster) -> Cluster:
    """Profiles whose people have the real roles, and the real policies at work."""
    eventually(lambda: admitted(tenants, attacks()))
    return tenants


@pytest.fixture(scope="module")
def elsewhere(cluster: Cluster) -> str:
    """A namespace with the same people that is no profile."""
    name = cluster.namespace()
    have_people(cluster, name)
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    eventually(lambda: not cluster.exists(account))
    return name


def admitted(cluster: Cluster, tries: list[Try]) -> list[str]:
    return [str(each) for each in tries if attempt(cluster, each)[0] < 300]


@pytest.mark.parametrize("attack", attacks(), ids=str)
def test_attacks_are_refused_with_a_sentence(attack: Try, cluster: Cluster) -> None:
    code, answer = attempt(cluster, attack)

    assert code == 403, answer
    assert f"ValidatingAdmissionPolicy '{attack.policy}'" in answer["message"]
    assert attack.says in answer["message"]


@pytest.mark.parametrize("use", honest(), ids=str)
def test_honest_use_is_admitted(use: Try, cluster: Cluster) -> None:
    code, answer = attempt(cluster, use)

    assert code in {200, 201}, answer


@pytest.mark.parametrize("policy", POLICIES)
def test_without_its_policy_an_attack_goes_through(policy: str, cluster: Cluster) -> None:
    """Nothing else refuses it: neither a role nor another policy."""
    binding = cluster.get(f"{BINDINGS}/{policy}")
    for_it = [each for each in attacks() if each.policy == policy]

    cluster.done("DELETE", f"{BINDINGS}/{policy}")
    try:
        eventually(lambda: [each for each in for_it if attempt(cluster, each)[0] >= 300])
    finally:
        cluster.done("POST", BINDINGS, {"metadata": {"name": policy}, "spec": binding["spec"]})
        eventually(lambda: admitted(cluster, for_it))


def test_every_policy_has_its_attacks_and_its_honest_use() -> None:
    policies = {file.stem for file in COMPONENT.glob("*.yaml")} - {"component", "kustomization"}

    assert {each.policy for each in attacks()} == policies
    assert {each.policy for each in honest()} == policies


@pytest.mark.parametrize("attack", attacks(), ids=str)
def test_administrators_of_the_cluster_are_not_held(attack: Try, cluster: Cluster) -> None:
    code, answer = attempt(cluster, attack, user="")

    assert code in {200, 201}, answer


@pytest.mark.parametrize("attack", attacks(), ids=str)
def test_outside_of_profiles_nothing_is_asked(
    attack: Try, cluster: Cluster, elsewhere: str
) -> None:
    code, answer = attempt(cluster, attack, namespace=elsewhere)

    assert code in {200, 201}, answer


@pytest.mark.parametrize("role", ["owner", "edit", "view"])
def test_nobody_in_a_profile_takes_the_label_off(role: str, cluster: Cluster) -> None:
    patch = {"metadata": {"labels": {"app.kubernetes.io/part-of": None}}}
    path = f"/api/v1/namespaces/{PROFILE}"

    code, answer = cluster.request("PATCH", path, patch, content_type=MERGE, user=person(role))

    assert code == 403
    assert 'cannot patch resource "namespaces"' in answer["message"]


def test_what_was_there_before_can_be_labelled_and_can_end(cluster: Cluster) -> None:
    """Its controllers finish by updates, which are not theirs to lose."""
    services = f"/api/v1/namespaces/{PROFILE}/services"
    old = {
        "metadata": {"name": "old", "finalizers": ["example.com/held"]},
        "spec": {"type": "ExternalName", "externalName": "example.com"},
    }
    cluster.done("POST", services, old)
    by_her = {"content_type": MERGE, "user": person("edit")}

    label = {"metadata": {"labels": {"still": "hers"}}}
    code, answer = cluster.request("PATCH", f"{services}/old", label, **by_her)
    assert code == 200, answer
    more = {"spec": {"externalName": "example.org"}}
    assert cluster.request("PATCH", f"{services}/old", more, **by_her)[0] == 403
    cluster.request("DELETE", f"{services}/old", user=person("edit"))
    free: Tree = {"metadata": {"finalizers": []}}
    assert cluster.request("PATCH", f"{services}/old", free, **by_her)[0] == 200
    eventually(lambda: cluster.exists(f"{services}/old"))


def test_a_profile_that_ends_takes_its_network_policy_with_it(cluster: Cluster) -> None:
    """By the controller of namespaces, with the rights that it has."""
    space = "/api/v1/namespaces/leaving"
    policies = "/apis/networking.k8s.io/v1/namespaces/leaving/networkpolicies"
    labels = dict(NAMESPACE_LABELS)
    cluster.done("POST", "/api/v1/namespaces", {"metadata": {"name": "leaving", "labels": labels}})
    cluster.done("POST", policies, network_policy("leaving", scraper_ranges=()))

    cluster.done("DELETE", space)

    eventually(lambda: cluster.exists(space))


def test_the_network_policy_of_a_profile_can_be_one_that_its_editors_could_make(
    cluster: Cluster,
) -> None:
    """It opens none of the ports itself."""
    path = f"/apis/networking.k8s.io/v1/namespaces/{PROFILE}/networkpolicies?dryRun=All"
    policy = {**network_policy(PROFILE, scraper_ranges=()), "metadata": {"name": "the-same"}}

    code, answer = cluster.request("POST", path, policy, user=person("edit"))

    assert code == 201, answer


def test_an_old_annotation_does_not_stop_the_culler(cluster: Cluster) -> None:
    notebooks = f"/apis/kubeflow.org/v1/namespaces/{PROFILE}/notebooks"
    forged = "notebooks.kubeflow.org/http-headers-request-set"
    old = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": "old", "annotations": {forged: '{"kubeflow-userid":"bob"}'}},
        "spec": {"template": {"spec": {"containers": [{"name": "old", "image": "a:1"}]}}},
    }
    cluster.done("POST", notebooks, old)
    culler = "system:serviceaccount:kubeflow:notebook-controller-service-account"

    noted = {"metadata": {"annotations": {"notebooks.kubeflow.org/last-activity": "now"}}}
    code, answer = cluster.request(
        "PATCH", f"{notebooks}/old", noted, content_type=MERGE, user=culler
    )

    assert code == 200, answer


def test_kubernetes_itself_writes_the_endpoints_of_a_service(cluster: Cluster) -> None:
    """The real controllers, with the rights that they have."""
    core = f"/api/v1/namespaces/{PROFILE}"
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{PROFILE}/endpointslices"
    service = {
        "metadata": {"name": "served"},
        "spec": {"selector": {"app": "served"}, "ports": [{"port": 80}]},
    }

    code, answer = cluster.request("POST", f"{core}/services", service, user=person("edit"))

    assert code == 201, answer
    eventually(lambda: not cluster.exists(f"{core}/endpoints/served"))
    of_it = f"{slices}?labelSelector=kubernetes.io%2Fservice-name%3Dserved"
    eventually(lambda: not cluster.get(of_it)["items"])
