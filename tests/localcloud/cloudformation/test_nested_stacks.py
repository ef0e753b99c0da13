"""Stacks in stacks: one operation, one outcome."""

from __future__ import annotations

import pytest

from localcloud.cloudformation.errors import CloudFormationError
from tests.support.fake_cloud import FakeCloud, thing


def test_a_nested_stack_gets_parameters_and_gives_outputs(cloud: FakeCloud) -> None:
    nested = cloud.nested(
        "one",
        {"A": thing(Size={"Ref": "Wanted"})},
        Parameters={"Wanted": {"Type": "String"}},
        Outputs={"Size": {"Value": {"Fn::GetAtt": ["A", "Size"]}}},
    )
    nested["Properties"]["Parameters"] = {"Wanted": 7}
    resources = {"Nested": nested, "B": thing(Of={"Fn::GetAtt": ["Nested", "Outputs.Size"]})}
    assert cloud.deploy("app", resources) == "CREATE_COMPLETE"
    assert cloud.stack("app").resources["B"].properties == {"Of": "7"}
    [stack] = cloud.nested_in("app")
    assert stack.status == "CREATE_COMPLETE"


def test_a_failure_in_a_nested_stack_rolls_everything_back(cloud: FakeCloud) -> None:
    resources = {
        "Good": cloud.nested("good", {"A": thing()}),
        "Bad": cloud.nested("bad", {"B": thing(Fail="create")}),
        "Outer": thing(),
    }
    assert cloud.deploy("app", resources) == "ROLLBACK_COMPLETE"
    reason = cloud.reason(cloud.stack("app"), "Bad")
    assert "was not successfully created: The following resource(s) failed to create: [B]" in reason
    assert not cloud.things.existing
    assert {stack.status for stack in cloud.nested_in("app")} == {"DELETE_COMPLETE"}


def test_an_update_reaches_only_the_nested_stack_that_changed(cloud: FakeCloud) -> None:
    same = cloud.nested("same", {"A": thing()})
    cloud.deploy("app", {"Same": same, "Changed": cloud.nested("v1", {"B": thing(Size="1")})})
    cloud.things.calls.clear()
    changed = cloud.nested("v2", {"B": thing(Size="2")})
    assert cloud.deploy("app", {"Same": same, "Changed": changed}) == "UPDATE_COMPLETE"
    assert cloud.things.calls == ["update B"]


def test_a_nested_stack_that_was_updated_is_rolled_back_with_its_parent(cloud: FakeCloud) -> None:
    first = cloud.nested("v1", {"Kept": thing(Size="1"), "Dropped": thing()})
    cloud.deploy("app", {"Nested": first})
    existing = dict(cloud.things.existing)
    cloud.things.calls.clear()
    second = cloud.nested("v2", {"Kept": thing(Size="2"), "Added": thing()})
    resources = {"Nested": second, "Bad": thing("Nested", Fail="create")}
    assert cloud.deploy("app", resources) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.things.existing == existing
    # What the nested stack was to drop went not before its parent's success was certain.
    assert "delete Dropped" not in cloud.things.calls
    [nested] = cloud.nested_in("app")
    assert nested.status == "UPDATE_ROLLBACK_COMPLETE"
    assert set(nested.resources) == {"Kept", "Dropped"}


def test_what_a_nested_stack_drops_is_deleted_with_the_parents_clean_up(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Nested": cloud.nested("v1", {"A": thing(), "B": thing()})})
    assert cloud.deploy("app", {"Nested": cloud.nested("v2", {"A": thing()})}) == "UPDATE_COMPLETE"
    assert len(cloud.things.existing) == 1


def test_a_nested_stack_goes_with_its_parent_and_not_by_itself(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Nested": cloud.nested("one", {"A": thing()})})
    [nested] = cloud.nested_in("app")
    with pytest.raises(CloudFormationError, match="is nested"):
        cloud.call("DeleteStack", StackName=nested.id)
    assert nested.status == "CREATE_COMPLETE"
    assert cloud.delete("app") == "DELETE_COMPLETE"
    assert not cloud.things.existing


def test_a_nested_stack_that_cannot_be_deleted_holds_its_parent(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Nested": cloud.nested("one", {"Stuck": thing(Fail="delete")})})
    assert cloud.delete("app") == "DELETE_FAILED"
    assert "[Stuck]" in cloud.reason(cloud.stack("app"), "Nested")


def test_a_nested_stack_whose_deletion_fails_by_our_own_mistake_says_so(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    cloud.deploy("app", {"Nested": cloud.nested("one", {"A": thing()})})
    [nested] = cloud.nested_in("app")
    monkeypatch.setattr(cloud.things, "delete", broken)

    assert cloud.delete("app") == "DELETE_FAILED"

    assert nested.status == "DELETE_FAILED"
    assert "ZeroDivisionError" in cloud.reason(nested, "A")
    assert "ZeroDivisionError" in cloud.reason(cloud.stack("app"), "Nested")


@pytest.mark.parametrize("policy", ["RetainExceptOnCreate", "Snapshot"])
def test_the_rollback_of_a_creation_reaches_into_nested_stacks(
    cloud: FakeCloud, policy: str
) -> None:
    nested = cloud.nested("one", {"Kept": thing(policy=policy)})
    resources = {"Nested": nested, "Bad": thing("Nested", Fail="create")}
    assert cloud.deploy("app", resources) == "ROLLBACK_COMPLETE"
    assert not cloud.things.existing
    assert "snapshot Kept" not in cloud.things.calls
