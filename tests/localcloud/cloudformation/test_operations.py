"""Creating, updating, rolling back and deleting stacks."""

from __future__ import annotations

import pytest

from localcloud.cloudformation.errors import CloudFormationError
from localcloud.resources.provider import Properties, Request, Resource
from tests.support.fake_cloud import FakeCloud, thing


def test_resources_are_made_after_what_they_refer_to_and_deleted_before(cloud: FakeCloud) -> None:
    resources = {
        "Last": thing("Middle"),
        "Middle": thing(Of={"Fn::Sub": "${First.Size}"}),
        "First": thing(),
    }
    assert cloud.deploy("app", resources) == "CREATE_COMPLETE"
    assert cloud.things.calls == ["create First", "create Middle", "create Last"]
    cloud.things.calls.clear()
    assert cloud.delete("app") == "DELETE_COMPLETE"
    assert cloud.things.calls == ["delete Last", "delete Middle", "delete First"]
    assert not cloud.things.existing


def test_independent_resources_are_made_side_by_side(cloud: FakeCloud) -> None:
    resources = {"One": thing(Together=True), "Other": thing(Together=True)}
    assert cloud.deploy("app", resources) == "CREATE_COMPLETE"


def test_a_failed_creation_is_rolled_back_and_says_why(cloud: FakeCloud) -> None:
    resources = {"First": thing(), "Bad": thing("First", Fail="create"), "Never": thing("Bad")}
    assert cloud.deploy("app", resources) == "ROLLBACK_COMPLETE"
    stack = cloud.stack("app")
    assert cloud.reason(stack, "Bad") == "Bad cannot be made"
    assert cloud.statuses(stack) == [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_COMPLETE",
    ]
    rollback = next(e for e in stack.events if e.status == "ROLLBACK_IN_PROGRESS")
    assert rollback.reason == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    assert "create Never" not in cloud.things.calls
    assert not cloud.things.existing


def test_a_failure_cancels_what_is_under_way(cloud: FakeCloud) -> None:
    resources = {"Bad": thing(Fail="create"), "Slow": thing(Fail="slow")}
    assert cloud.deploy("app", resources) == "ROLLBACK_COMPLETE"
    assert cloud.reason(cloud.stack("app"), "Slow") == "Resource creation cancelled"


def test_what_a_failed_creation_left_is_deleted(cloud: FakeCloud) -> None:
    assert cloud.deploy("app", {"Bad": thing(Fail="partly")}) == "ROLLBACK_COMPLETE"
    assert cloud.things.calls == ["create Bad", "delete Bad"]


def test_a_creation_without_rollback_keeps_what_was_made(cloud: FakeCloud) -> None:
    cloud.call(
        "CreateStack",
        StackName="app",
        DisableRollback="true",
        TemplateBody=(
            '{"Resources": {"Good": {"Type": "Test::Thing"}, "Bad": {"Type": "Test::Thing", '
            '"DependsOn": "Good", "Properties": {"Fail": "create"}}}}'
        ),
    )
    assert cloud.stack("app").status == "CREATE_FAILED"
    assert len(cloud.things.existing) == 1


def test_an_update_touches_only_what_changed_and_what_refers_to_it(cloud: FakeCloud) -> None:
    resources = {"A": thing(Size="1"), "B": thing(Of={"Fn::GetAtt": ["A", "Size"]}), "C": thing()}
    cloud.deploy("app", resources)
    cloud.things.calls.clear()
    assert cloud.deploy("app", {**resources, "A": thing(Size="2")}) == "UPDATE_COMPLETE"
    assert cloud.things.calls == ["update A", "update B"]


def test_a_resource_that_cannot_be_changed_is_replaced_before_the_old_one_goes(
    cloud: FakeCloud,
) -> None:
    cloud.deploy("app", {"A": thing(Name="old"), "B": thing(Of={"Ref": "A"})})
    cloud.things.calls.clear()
    assert (
        cloud.deploy("app", {"A": thing(Name="new"), "B": thing(Of={"Ref": "A"})})
        == "UPDATE_COMPLETE"
    )
    assert cloud.things.calls == ["create A", "update B", "delete A"]
    assert [p.get("Name") for p in cloud.things.existing.values()] == [None, "new"]


def test_what_the_template_has_no_more_is_deleted_after_the_update(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing(), "B": thing("A"), "C": thing(Size="1")})
    cloud.things.calls.clear()
    assert cloud.deploy("app", {"C": thing(Size="2")}) == "UPDATE_COMPLETE"
    assert cloud.things.calls == ["update C", "delete B", "delete A"]


def test_a_failed_update_brings_everything_back(cloud: FakeCloud) -> None:
    before = {"A": thing(Size="1"), "Gone": thing(), "Renamed": thing(Name="old")}
    cloud.deploy("app", before)
    existing = dict(cloud.things.existing)
    after = {
        "A": thing(Size="2"),
        "Renamed": thing(Name="new"),
        "New": thing(),
        "Bad": thing("A", "New", "Renamed", Fail="create"),
    }
    assert cloud.deploy("app", after) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.things.existing == existing
    assert cloud.deploy("app", {**before, "A": thing(Size="3")}) == "UPDATE_COMPLETE"


def test_an_update_that_nobody_wrote_is_rolled_back_without_another_one(cloud: FakeCloud) -> None:
    """It would be as unknown as the first; nothing has changed that could be changed back."""
    cloud.deploy("app", {"A": thing(), "B": thing()})
    cloud.things.calls.clear()

    after = {"A": thing(Fail="unknown"), "B": thing("A", Size="2")}
    assert cloud.deploy("app", after) == "UPDATE_ROLLBACK_COMPLETE"

    assert cloud.things.calls == ["update A"]
    assert cloud.stack("app").resources["A"].properties == {}
    assert cloud.deploy("app", {"A": thing(), "B": thing(Size="2")}) == "UPDATE_COMPLETE"


def test_a_resource_whose_update_failed_is_updated_back(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    cloud.things.calls.clear()
    assert cloud.deploy("app", {"A": thing(Fail="update")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.things.calls == ["update A", "update A"]
    assert cloud.stack("app").resources["A"].properties == {}


@pytest.mark.parametrize(
    ("policy", "left_by_rollback", "left_by_delete"),
    [("Delete", 0, 0), ("Retain", 1, 1), ("RetainExceptOnCreate", 0, 1)],
)
def test_deletion_policies(
    cloud: FakeCloud, policy: str, left_by_rollback: int, left_by_delete: int
) -> None:
    kept = thing(policy=policy)
    cloud.deploy("failing", {"Kept": kept, "Bad": thing("Kept", Fail="create")})
    assert len(cloud.things.existing) == left_by_rollback
    cloud.things.existing.clear()
    cloud.deploy("app", {"Kept": kept})
    assert cloud.delete("app") == "DELETE_COMPLETE"
    assert len(cloud.things.existing) == left_by_delete


def test_a_snapshot_is_taken_of_what_goes_but_not_of_what_was_never_used(
    cloud: FakeCloud,
) -> None:
    kept = thing(policy="Snapshot")
    cloud.deploy("failing", {"Kept": kept, "Bad": thing("Kept", Fail="create")})
    assert "snapshot Kept" not in cloud.things.calls
    cloud.deploy("app", {"Kept": kept})
    cloud.deploy("app", {"Kept": thing(Name="new", policy="Snapshot")})
    assert cloud.things.calls[-2:] == ["snapshot Kept", "delete Kept"]
    assert cloud.delete("app") == "DELETE_COMPLETE"
    assert cloud.things.calls[-2:] == ["snapshot Kept", "delete Kept"]
    assert cloud.things.existing == {}


def test_a_replaced_resource_is_kept_if_its_policy_says_so(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing(Name="old", policy="Retain")})
    cloud.deploy("app", {"A": thing(Name="new", policy="Retain")})
    assert [p["Name"] for p in cloud.things.existing.values()] == ["old", "new"]


def test_a_deletion_that_fails_can_be_tried_again(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Below": thing(), "Stuck": thing("Below", Fail="delete"), "Free": thing()})
    assert cloud.delete("app") == "DELETE_FAILED"
    stack = cloud.stack("app")
    assert stack.reason == "The following resource(s) failed to delete: [Stuck]."
    assert set(stack.resources) == {"Below", "Stuck"}
    cloud.things.existing[stack.resources["Stuck"].physical_id] = {}
    assert cloud.delete("app") == "DELETE_COMPLETE"


def test_a_condition_decides_whether_a_resource_exists(cloud: FakeCloud) -> None:
    def deploy(size: str) -> None:
        cloud.deploy(
            "app",
            {
                "Always": thing(),
                "Sometimes": {**thing(), "Condition": "IsBig"},
                "Chosen": thing(Size={"Fn::If": ["IsBig", "L", {"Ref": "AWS::NoValue"}]}),
            },
            Conditions={"IsBig": {"Fn::Equals": [size, "big"]}},
        )

    deploy("big")
    assert set(cloud.stack("app").resources) == {"Always", "Sometimes", "Chosen"}
    deploy("small")
    assert set(cloud.stack("app").resources) == {"Always", "Chosen"}
    assert cloud.stack("app").resources["Chosen"].properties == {}


def test_a_type_that_is_not_known_is_said_so(cloud: FakeCloud) -> None:
    assert cloud.deploy("app", {"A": {"Type": "AWS::X::Y"}}) == "ROLLBACK_COMPLETE"
    assert cloud.reason(cloud.stack("app"), "A") == "the local cloud does not know AWS::X::Y"


def test_the_type_of_a_resource_cannot_change(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    assert cloud.deploy("app", {"A": {"Type": "AWS::X::Y"}}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Update of resource type is not permitted" in cloud.reason(cloud.stack("app"), "A")


def test_an_attribute_that_a_resource_lacks_fails_what_asks_for_it(cloud: FakeCloud) -> None:
    resources = {"A": thing(), "B": thing(Of={"Fn::GetAtt": ["A", "Colour"]})}
    assert cloud.deploy("app", resources) == "ROLLBACK_COMPLETE"
    assert "does not support attribute type Colour" in cloud.reason(cloud.stack("app"), "B")


def test_a_busy_stack_and_a_rolled_back_one_cannot_be_updated(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Bad": thing(Fail="create")})
    with pytest.raises(CloudFormationError, match="ROLLBACK_COMPLETE state and can not be updated"):
        cloud.deploy("app", {"Good": thing()})
    assert cloud.delete("app") == "DELETE_COMPLETE"
    assert cloud.deploy("app", {"Good": thing()}) == "CREATE_COMPLETE"


def test_a_protected_stack_is_not_deleted(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    cloud.call("UpdateTerminationProtection", StackName="app", EnableTerminationProtection="true")
    with pytest.raises(CloudFormationError, match="TerminationProtection is enabled"):
        cloud.delete("app")
    assert cloud.things.existing


def test_what_a_call_asks_for_and_is_not_emulated_is_refused(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    with pytest.raises(CloudFormationError, match="does not know RetainResources"):
        cloud.call("DeleteStack", StackName="app", RetainResources=["A"])
    with pytest.raises(CloudFormationError, match="no OnFailure but ROLLBACK"):
        cloud.call("CreateStack", StackName="other", OnFailure="DELETE", TemplateBody="{}")


def broken(*_: object) -> None:
    raise ZeroDivisionError("a mistake")


def test_a_deletion_that_fails_by_our_own_mistake_says_so(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.deploy("app", {"A": thing()})
    monkeypatch.setattr(cloud.things, "delete", broken)

    assert cloud.delete("app") == "DELETE_FAILED"

    stack = cloud.stack("app")
    sentence = "The local cloud failed: ZeroDivisionError('a mistake')"
    assert stack.reason == sentence
    assert stack.resources["A"].status == "DELETE_FAILED"
    assert cloud.reason(stack, "A") == sentence
    assert "operation on stack app" in caplog.text


def test_a_rollback_that_fails_by_our_own_mistake_says_so(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cloud.things, "delete", broken)
    resources = {"A": thing(), "Bad": thing("A", Fail="create")}
    assert cloud.deploy("new", resources) == "ROLLBACK_FAILED"
    assert "ZeroDivisionError" in cloud.reason(cloud.stack("new"), "A")

    cloud.deploy("old", {"A": thing(Size="1")})
    change = cloud.things.update

    def update(request: Request, resource: Resource, old: Properties) -> Resource:
        if request.properties["Size"] == "1":
            raise ZeroDivisionError
        return change(request, resource, old)

    monkeypatch.setattr(cloud.things, "update", update)
    resources = {"A": thing(Size="2"), "Bad": thing("A", Fail="create")}
    assert cloud.deploy("old", resources) == "UPDATE_ROLLBACK_FAILED"
    assert "ZeroDivisionError" in (cloud.stack("old").reason or "")
    assert "operation on stack old" in caplog.text
