"""Constructs wait for one another where more would be in flight than may be."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from constructs import Construct

from kubeflow_aws.applying.lanes import Lanes, Work
from kubeflow_aws.applying.limits import AT_ONCE


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack()


def things(stack: cdk.Stack, count: int) -> list[Construct]:
    return [Construct(stack, f"Thing{number}") for number in range(count)]


def waits_for(construct: Construct) -> set[str]:
    return {each.node.path for each in construct.node.dependencies}


def test_what_fits_beside_one_another_waits_for_nobody(stack: cdk.Stack) -> None:
    lanes, found = Lanes(), things(stack, AT_ONCE)
    for thing in found:
        lanes.add(thing, Work(width=1, steps=1), after=[])
    lanes.assign()

    assert [waits_for(thing) for thing in found] == [set()] * AT_ONCE


def test_one_more_waits_for_what_ends_first(stack: cdk.Stack) -> None:
    lanes, found = Lanes(), things(stack, AT_ONCE + 1)
    *long, short, last = found
    for thing in long:
        lanes.add(thing, Work(width=1, steps=5), after=[])
    lanes.add(short, Work(width=1, steps=2), after=[])
    lanes.add(last, Work(width=1, steps=1), after=[])
    lanes.assign()

    assert waits_for(last) == {short.node.path}


def test_what_is_wide_waits_until_there_is_room(stack: cdk.Stack) -> None:
    lanes, (first, second, wide) = Lanes(), things(stack, 3)
    lanes.add(first, Work(width=1, steps=3), after=[])
    lanes.add(second, Work(width=1, steps=2), after=[])
    lanes.add(wide, Work(width=AT_ONCE, steps=1), after=[])
    lanes.assign()

    assert waits_for(wide) == {first.node.path, second.node.path}


def test_what_more_waits_for_comes_first(stack: cdk.Stack) -> None:
    lanes, (idle, urgent, follower) = Lanes(), things(stack, 3)
    follower.node.add_dependency(urgent)
    lanes.add(idle, Work(width=AT_ONCE, steps=1), after=[])
    lanes.add(urgent, Work(width=AT_ONCE, steps=1), after=[])
    lanes.add(follower, Work(width=1, steps=3), after=[urgent])
    lanes.assign()

    assert waits_for(urgent) == set()
    assert waits_for(idle) == {urgent.node.path, follower.node.path}


def test_more_than_there_is_room_for_is_refused(stack: cdk.Stack) -> None:
    [thing] = things(stack, 1)

    with pytest.raises(ValueError, match=f"Thing0: {AT_ONCE + 1} at once; there are {AT_ONCE}"):
        Lanes().add(thing, Work(width=AT_ONCE + 1, steps=1), after=[])
