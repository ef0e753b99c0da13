"""The table of who may connect to whom, for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.policies import Policy, open_ports
from kubeflow_aws.reachability.ports import Ports


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """All ends and all policies.

    Attributes:
        pods: Pods of the platform and of two profiles at least, so that one can be another's.
        outside: Addresses outside of the cluster; the last one is any that no policy names.
        policies: All policies.
    """

    pods: Sequence[End]
    outside: Sequence[End]
    policies: Sequence[Policy]

    def ports(self, source: End, target: End) -> Ports:
        """The ports at which one end may reach another."""
        return open_ports(source, target, self.policies)


def table_of(network: Network, *, hidden: frozenset[str] = frozenset()) -> str:
    """A Markdown table: each pod, who may connect to it, and where.

    Pods of a namespace with the same callers share a row; callers of one namespace share a name if
    all of them may do the same.

    Args:
        network: What is there.
        hidden: Namespaces that are callers only, not targets.
    """
    rows: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = defaultdict(list)
    for target in network.pods:
        if target.namespace and target.namespace not in hidden:
            callers = tuple(_callers(network, target))
            rows[target.namespace, callers].append(target.name)
    lines = ["| namespace | pods | who may connect | at which ports |", "|---|---|---|---|"]
    for (namespace, callers), names in sorted(rows.items(), key=lambda row: (row[0][0], row[1])):
        sources = "<br>".join(source for source, _ in callers) or "nobody"
        ports = "<br>".join(ports for _, ports in callers) or "none"
        lines.append(f"| {namespace} | {', '.join(sorted(names))} | {sources} | {ports} |")
    return "".join(f"{line}\n" for line in lines)


def _callers(network: Network, target: End) -> Iterator[tuple[str, str]]:
    """Each caller, or group of them, and the ports that are open to it."""
    everybody = [end for end in (*network.pods, *network.outside) if end is not target]
    ports = {str(end): str(network.ports(end, target)) for end in everybody}
    # Whoever no policy names is nobody in particular.
    anybody = str(network.ports(network.outside[-1], target))
    opened: dict[str, list[str]] = defaultdict(list)
    for caller, found in _grouped(everybody, ports):
        if found != anybody:
            opened[found].append(caller)
    for found, callers in sorted(opened.items(), key=lambda each: sorted(each[1])):
        yield ", ".join(sorted(callers)), found
    if anybody != "none":
        yield ("everybody else" if opened else "everybody"), anybody


def _grouped(ends: Iterable[End], ports: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Ends with their ports; a whole namespace at once if its ends are alike."""
    by_namespace: dict[str, list[End]] = defaultdict(list)
    for end in ends:
        by_namespace[end.namespace].append(end)
    for namespace, members in by_namespace.items():
        common = {ports[str(each)] for each in members}
        if namespace and len(common) == 1:
            yield f"all of {namespace}", common.pop()
        else:
            yield from ((str(each), ports[str(each)]) for each in members)
