"""NetworkPolicies: which connections they allow (Kubernetes, "Network Policies").

A pod that no policy selects for a direction is open in that direction. Once one does, only what
some policy allows is open. A connection must be allowed by both of its ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, metadata
from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.ports import ALL, LAST, NONE, PortRange, Ports

Direction = Literal["Ingress", "Egress"]


class _Form(BaseModel):
    """Part of an object; a field that is not known here could change its meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Requirement(_Form):
    """One expression of a selector."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels fulfil it; `NotIn` is also fulfilled by a label that is not there."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


class Selector(_Form):
    """A label selector; an empty one selects everything."""

    matchLabels: Mapping[str, str] = Field(default_factory=dict)  # noqa: N815  # the API's names
    matchExpressions: tuple[Requirement, ...] = ()  # noqa: N815

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it selects what has these labels."""
        return all(labels.get(key) == value for key, value in self.matchLabels.items()) and all(
            each.matches(labels) for each in self.matchExpressions
        )


class IpBlock(_Form):
    """Addresses, less some of them."""

    cidr: str
    except_: tuple[str, ...] = Field(default=(), alias="except")


class Peer(_Form):
    """The other end of a connection."""

    podSelector: Selector | None = None  # noqa: N815
    namespaceSelector: Selector | None = None  # noqa: N815
    ipBlock: IpBlock | None = None  # noqa: N815

    def matches(self, end: End, *, namespace: str) -> bool:
        """Whether it means this end.

        Args:
            end: The other end.
            namespace: Of the policy; a peer without a namespaceSelector means pods of it.
        """
        if self.ipBlock:
            block = self.ipBlock
            return end.is_within(block.cidr) and not any(map(end.is_within, block.except_))
        if not end.namespace:
            return False
        if self.namespaceSelector is None:
            chosen = end.namespace == namespace
        else:
            chosen = self.namespaceSelector.matches(end.namespace_labels)
        return chosen and (self.podSelector is None or self.podSelector.matches(end.labels))


class PolicyPort(_Form):
    """A port of the end that takes the connection."""

    protocol: Literal["TCP", "UDP", "SCTP"] = "TCP"
    port: int | str | None = None
    endPort: int | None = None  # noqa: N815

    def ports_of(self, target: End) -> Ports:
        """What it means on an end; a name that the end has no port for means nothing."""
        if self.port is None:
            return Ports.of([PortRange(self.protocol, 1, LAST)])
        if isinstance(self.port, int):
            return Ports.of([PortRange(self.protocol, self.port, self.endPort or self.port)])
        named = target.ports.get(self.port)
        return Ports.of([named]) if named and named.protocol == self.protocol else NONE


class Rule(_Form):
    """What one rule allows; without peers from everybody, without ports on all."""

    from_: tuple[Peer, ...] | None = Field(default=None, alias="from")
    to: tuple[Peer, ...] | None = None
    ports: tuple[PolicyPort, ...] | None = None


class Spec(_Form):
    """A policy's `spec`."""

    podSelector: Selector = Selector()  # noqa: N815
    policyTypes: tuple[Direction, ...] | None = None  # noqa: N815
    ingress: tuple[Rule, ...] | None = None
    egress: tuple[Rule, ...] | None = None


class Policy(_Form):
    """One NetworkPolicy."""

    namespace: str
    name: str
    spec: Spec

    def selects(self, end: End, direction: Direction) -> bool:
        """Whether it closes an end in a direction, but for what it allows."""
        implied: tuple[Direction, ...] = ("Ingress", "Egress") if self.spec.egress else ("Ingress",)
        return (
            direction in (self.spec.policyTypes or implied)
            and end.namespace == self.namespace
            and self.spec.podSelector.matches(end.labels)
        )

    def allows(self, direction: Direction, *, peer: End, target: End) -> Ports:
        """What it allows between its end and another.

        Args:
            direction: `Ingress` if its end is the target, else `Egress`.
            peer: The other end.
            target: The end that takes the connection.
        """
        opened = NONE
        for rule in (self.spec.ingress if direction == "Ingress" else self.spec.egress) or ():
            peers = rule.from_ if direction == "Ingress" else rule.to
            if peers and not any(each.matches(peer, namespace=self.namespace) for each in peers):
                continue
            opened |= _union(each.ports_of(target) for each in rule.ports) if rule.ports else ALL
        return opened


def policies_of(items: Iterable[KubernetesObject]) -> list[Policy]:
    """The NetworkPolicies among some objects."""
    return [
        Policy.model_validate(
            {
                "namespace": metadata(item).get("namespace"),
                "name": metadata(item).get("name"),
                "spec": item["spec"],
            }
        )
        for item in items
        if item.get("kind") == "NetworkPolicy"
    ]


def open_ports(source: End, target: End, policies: Sequence[Policy]) -> Ports:
    """The ports at which one end may reach another; of an end outside, those that we let it reach.

    Args:
        source: Who opens the connection.
        target: Who takes it.
        policies: All policies of the cluster.
    """
    return _allowed("Egress", source, target, policies) & _allowed(
        "Ingress", source, target, policies
    )


def _allowed(direction: Direction, source: End, target: End, policies: Sequence[Policy]) -> Ports:
    end, peer = (source, target) if direction == "Egress" else (target, source)
    chosen = [each for each in policies if end.namespace and each.selects(end, direction)]
    if not chosen or source is target:
        return ALL
    return _union(each.allows(direction, peer=peer, target=target) for each in chosen)


def _union(several: Iterable[Ports]) -> Ports:
    return Ports.of(each for one in several for each in one.ranges)
