"""In which order CloudFormation calls the custom resources of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kubeflow_aws.assembly.stack_graph import waits_for
from kubeflow_aws.assembly.templates import NESTED_TYPE
from tests.support.assembly import Assembly, Template, applies, gates

Order = Mapping[str, frozenset[str]]
"""What has ended before each begins."""


def order_of(assembly: Assembly, stack: str) -> Order:
    """The custom resources of a stack and of its nested stacks.

    Args:
        assembly: The app.
        stack: The stack, for example ``Platform``.
    """
    root = assembly.stack(stack)
    below = {
        name: assembly.nested(f"{stack}{name.partition('NestedStack')[0]}")
        for name, resource in root["Resources"].items()
        if resource["Type"] == NESTED_TYPE
    }

    @cache
    def before(name: str) -> frozenset[str]:
        waited = [each for each in waits_for(root["Resources"][name]) if each in root["Resources"]]
        return frozenset[str]().union(*(before(each) | inside(each) for each in waited))

    def inside(name: str) -> frozenset[str]:
        if name in below:
            return frozenset(f"{name}/{each}" for each in _own(below[name]))
        return frozenset({name} & _own(root))

    found = {name: before(name) for name in _own(root)}
    for nested, template in below.items():
        for name, earlier in _order_within(template).items():
            found[f"{nested}/{name}"] = before(nested) | {f"{nested}/{each}" for each in earlier}
    return found


def most_at_once(order: Order) -> int:
    """The most custom resources of which none waits for another.

    As many as chains are needed to hold them all (Dilworth), which is their number without the
    pairs that can follow one another in a chain.
    """
    follower: dict[str, str] = {}

    def place(name: str, seen: set[str]) -> bool:
        for each in order[name] - seen:
            seen.add(each)
            if each not in follower or place(follower[each], seen):
                follower[each] = name
                return True
        return False

    return len(order) - sum(place(name, set()) for name in order)


def most_in_a_row(order: Order) -> int:
    """How many come one after another at most."""

    @cache
    def row(name: str) -> int:
        return 1 + max((row(each) for each in order[name]), default=0)

    return max(map(row, order))


def _own(template: Template) -> set[str]:
    return applies(template).keys() | gates(template).keys()


def _order_within(template: Template) -> Order:
    own = _own(template)

    @cache
    def before(name: str) -> frozenset[str]:
        waited = [each for each in waits_for(template["Resources"][name]) if each in own]
        return frozenset(waited).union(*(before(each) for each in waited))

    return {name: before(name) for name in own}
