"""The table says who may connect to whom, in as few words as are true."""

from __future__ import annotations

from typing import Any

from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.pods import namespace_labels, pods_of
from kubeflow_aws.reachability.policies import policies_of
from kubeflow_aws.reachability.table import Network, table_of

ANYBODY = End(name="any other address")


def workload(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "a", "image": "b"}], **spec},
    }
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template},
    }


def network(*items: Any) -> Network:
    objects = list(items)
    return Network(
        pods=list(pods_of(objects, namespace_labels(objects))),
        outside=[ANYBODY],
        policies=policies_of(objects),
    )


def policy(name: str, *rules: Any, app: str | None = None) -> dict[str, Any]:
    selector = {"matchLabels": {"app": app}} if app else {}
    return {
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "one"},
        "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": list(rules)},
    }


ONE = [workload("a", "one"), workload("b", "one")]
TWO = [workload("c", "two"), workload("d", "two")]
SAME: dict[str, Any] = {"from": [{"podSelector": {}}]}


def rows(*items: Any, hidden: str = "two") -> list[str]:
    return table_of(network(*items), hidden=frozenset({hidden})).splitlines()[2:]


def test_pods_that_are_alike_share_a_row_and_callers_that_are_alike_a_name() -> None:
    assert rows(*ONE, *TWO, policy("same", SAME)) == ["| one | a, b | all of one | all |"]


def test_who_may_do_more_stands_before_everybody_else() -> None:
    hook = policy("hook", {"ports": [{"port": 9443}]}, app="a")

    assert rows(*ONE, *TWO, policy("same", SAME), hook) == [
        "| one | a | all of one<br>everybody else | all<br>9443 |",
        "| one | b | all of one | all |",
    ]


def test_one_pod_of_a_namespace_is_named() -> None:
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "two"}},
        "podSelector": {"matchLabels": {"app": "c"}},
    }
    only = policy("only", {"from": [peer], "ports": [{"port": 80}]})

    assert rows(*ONE, *TWO, only) == ["| one | a, b | two/c | 80 |"]


def test_open_and_shut_pods_are_said_to_be() -> None:
    assert rows(*ONE, *TWO) == ["| one | a, b | everybody | all |"]
    assert rows(*ONE, *TWO, policy("nobody")) == ["| one | a, b | nobody | none |"]


def test_a_pod_in_its_nodes_network_is_no_target_and_calls_from_an_address() -> None:
    host = workload("agent", "one", hostNetwork=True)

    assert rows(*ONE, host, policy("same", SAME)) == ["| one | a, b | all of one | all |"]


def test_istio_labels_the_pods_that_it_gives_a_sidecar() -> None:
    labels = {"istio-injection": "enabled"}
    space = {"kind": "Namespace", "metadata": {"name": "one", "labels": labels}}
    without = workload("b", "one")
    without["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"] = "false"
    [with_sidecar, other] = network(space, workload("a", "one"), without).pods

    assert with_sidecar.labels["service.istio.io/canonical-name"] == "a"
    assert "service.istio.io/canonical-name" not in other.labels
