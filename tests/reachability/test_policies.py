"""NetworkPolicies mean what Kubernetes documents ("Network Policies")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.policies import open_ports, policies_of
from kubeflow_aws.reachability.ports import PortRange

DB = End(
    name="db",
    namespace="data",
    namespace_labels={"kubernetes.io/metadata.name": "data"},
    labels={"role": "db"},
    ports={"sql": PortRange("TCP", 3306, 3306), "ask": PortRange("UDP", 53, 53)},
    addresses=("10.0.1.0/24",),
)
SAME = End(name="same", namespace="data", namespace_labels=DB.namespace_labels, labels={})
WEB = End(
    name="web",
    namespace="front",
    namespace_labels={"kubernetes.io/metadata.name": "front", "team": "web"},
    labels={"role": "web"},
    addresses=("10.0.2.0/24",),
)
OUTSIDE = End(name="office", addresses=("192.0.2.0/25",))
NOBODY = End(name="nobody")


def policy(
    spec: Mapping[str, Any], *, namespace: str = "data", name: str = "policy"
) -> dict[str, Any]:
    return {
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": {}, **spec},
    }


def admits(*rules: Any) -> dict[str, Any]:
    return policy({"policyTypes": ["Ingress"], "ingress": list(rules)})


def ports(source: End, target: End, *items: dict[str, Any]) -> str:
    return str(open_ports(source, target, policies_of(items)))


def test_a_pod_that_no_policy_selects_is_open() -> None:
    assert ports(NOBODY, DB) == "all"
    assert ports(WEB, DB, policy({"policyTypes": ["Ingress"]}, namespace="front")) == "all"
    assert (
        ports(WEB, DB, admits() | {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}) == "all"
    )


@pytest.mark.parametrize(
    ("rule", "source", "expected"),
    [
        ({}, NOBODY, "all"),
        ({"from": []}, NOBODY, "all"),
        ({"from": [], "ports": []}, NOBODY, "all"),
        ({"from": [{"podSelector": {}}]}, SAME, "all"),
        ({"from": [{"podSelector": {}}]}, WEB, "none"),
        ({"from": [{"podSelector": {}}]}, OUTSIDE, "none"),
        ({"from": [{"namespaceSelector": {}}]}, WEB, "all"),
        ({"from": [{"namespaceSelector": {}}]}, OUTSIDE, "none"),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}]}, WEB, "all"),
        ({"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}, WEB, "none"),
        (
            {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"role": "x"}}}]},
            WEB,
            "none",
        ),
        ({"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}, OUTSIDE, "all"),
        ({"from": [{"ipBlock": {"cidr": "192.0.2.0/26"}}]}, OUTSIDE, "none"),
        (
            {"from": [{"ipBlock": {"cidr": "192.0.2.0/24", "except": ["192.0.2.0/25"]}}]},
            OUTSIDE,
            "none",
        ),
        ({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, NOBODY, "all"),
        ({"from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}, WEB, "all"),
        ({"ports": [{"port": 3306}]}, WEB, "3306"),
        ({"ports": [{"port": 3306, "protocol": "UDP"}]}, WEB, "3306/UDP"),
        ({"ports": [{"port": 8000, "endPort": 8009}]}, WEB, "8000-8009"),
        ({"ports": [{"protocol": "TCP"}]}, WEB, "1-65535"),
        ({"ports": [{"port": "sql"}]}, WEB, "3306"),
        ({"ports": [{"port": "ask", "protocol": "UDP"}]}, WEB, "53/UDP"),
        ({"ports": [{"port": "ask"}]}, WEB, "none"),
        ({"ports": [{"port": "nothing"}]}, WEB, "none"),
    ],
)
def test_a_rule_allows(rule: dict[str, Any], source: End, expected: str) -> None:
    assert ports(source, DB, admits(rule)) == expected


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ({"operator": "In", "values": ["web", "db"]}, True),
        ({"operator": "In", "values": ["db"]}, False),
        ({"operator": "NotIn", "values": ["db"]}, True),
        ({"operator": "NotIn", "values": ["web"]}, False),
        ({"operator": "Exists"}, True),
        ({"operator": "DoesNotExist"}, False),
    ],
)
def test_an_expression_selects(expression: dict[str, Any], matches: bool) -> None:
    peer = {
        "namespaceSelector": {},
        "podSelector": {"matchExpressions": [{"key": "role", **expression}]},
    }

    assert (ports(WEB, DB, admits({"from": [peer]})) == "all") is matches


def test_an_expression_about_a_label_that_is_not_there() -> None:
    def selected(operator: str, *values: str) -> bool:
        expression = {"key": "role", "operator": operator, "values": list(values)}
        item = admits()
        item["spec"]["podSelector"] = {"matchExpressions": [expression]}
        return ports(WEB, SAME, item) == "none"

    assert not selected("In", "web")
    assert selected("NotIn", "web")
    assert selected("DoesNotExist")
    assert not selected("Exists")


def test_policies_add_up() -> None:
    first, second = admits({"ports": [{"port": 1}]}), admits({"ports": [{"port": 2}, {"port": 9}]})

    assert ports(WEB, DB, first, second) == "1-2, 9"


def test_what_is_shut_is_named_where_that_is_shorter() -> None:
    everything_else = [
        {"port": 1, "endPort": 987},
        {"port": 989, "endPort": 65535},
        {"protocol": "UDP"},
    ]

    assert ports(WEB, DB, admits({"ports": everything_else})) == "all but 988, 1-65535/SCTP"
    assert ports(WEB, DB, admits({"ports": everything_else[:2]})) == "1-987, 989-65535"


def test_both_ends_must_allow_it() -> None:
    egress = policy(
        {
            "egress": [
                {
                    "to": [{"namespaceSelector": {}, "podSelector": {"matchLabels": DB.labels}}],
                    "ports": [{"port": "sql"}, {"port": 80}],
                }
            ]
        },
        namespace="front",
    )

    assert ports(WEB, DB, egress) == "80, 3306"
    assert ports(WEB, SAME, egress) == "none"
    assert ports(WEB, DB, egress, admits({"ports": [{"port": 80}]})) == "80"


def test_a_policy_without_types_is_about_ingress_and_about_egress_if_it_has_any() -> None:
    assert ports(NOBODY, WEB, policy({}, namespace="front")) == "none"
    assert ports(WEB, DB, policy({}, namespace="front")) == "all"
    assert ports(NOBODY, WEB, policy({"egress": [{}]}, namespace="front")) == "none"
    only_egress = policy({"policyTypes": ["Egress"]}, namespace="front")
    assert ports(NOBODY, WEB, only_egress) == "all"
    assert ports(WEB, DB, only_egress) == "none"


def test_nobody_is_kept_from_itself() -> None:
    assert ports(DB, DB, admits()) == "all"


def test_a_placeholder_is_a_range_of_its_own() -> None:
    rule = {"from": [{"ipBlock": {"cidr": "${kubeflow-aws:cluster-ranges}"}}]}
    inside = End(name="scraper", addresses=("${kubeflow-aws:cluster-ranges}",))
    other = End(name="balancer", addresses=("${kubeflow-aws:load-balancer-ranges}",))

    assert ports(inside, DB, admits(rule)) == "all"
    assert ports(other, DB, admits(rule)) == "none"


def test_a_field_that_is_not_known_is_no_guess() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        policies_of([admits({"form": []})])
