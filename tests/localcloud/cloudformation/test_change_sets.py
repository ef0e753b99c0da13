"""Change sets, as the CDK CLI uses them."""

from __future__ import annotations

import json

import pytest

from localcloud.cloudformation.errors import CloudFormationError
from tests.support.fake_cloud import FakeCloud, thing


def change_set(
    cloud: FakeCloud, kind: str, *, import_existing: bool = False, **resources: object
) -> str:
    answer = cloud.call(
        "CreateChangeSet",
        StackName="app",
        ChangeSetName="deploy",
        ChangeSetType=kind,
        TemplateBody=json.dumps({"Resources": resources}),
        ImportExistingResources=import_existing,
    )
    return str(answer["Id"])


def test_a_stack_is_created_when_its_change_set_is_executed(cloud: FakeCloud) -> None:
    made = change_set(cloud, "CREATE", A=thing())
    assert cloud.stack("app").status == "REVIEW_IN_PROGRESS"
    assert not cloud.things.existing
    cloud.call("ExecuteChangeSet", ChangeSetName=made)
    assert cloud.stack("app").status == "CREATE_COMPLETE"


def test_a_change_set_lists_what_it_would_do(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Same": thing(), "Changed": thing(Size="1"), "Gone": thing()})
    change_set(cloud, "UPDATE", Same=thing(), Changed=thing(Size="2"), New=thing())
    answer = cloud.call("DescribeChangeSet", StackName="app", ChangeSetName="deploy")
    changes = {
        change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Action"]
        for change in answer["Changes"]
    }
    assert changes == {"Changed": "Modify", "Gone": "Remove", "New": "Add"}


def test_a_change_set_without_changes_says_so_and_cannot_be_executed(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    made = change_set(cloud, "UPDATE", A=thing())
    answer = cloud.call("DescribeChangeSet", ChangeSetName=made)
    assert answer["Status"] == "FAILED"
    assert "didn't contain changes" in answer["StatusReason"]
    with pytest.raises(CloudFormationError, match="cannot be executed") as refusal:
        cloud.call("ExecuteChangeSet", ChangeSetName=made)
    assert refusal.value.code == "InvalidChangeSetStatus"


def test_a_change_set_is_executed_once(cloud: FakeCloud) -> None:
    made = change_set(cloud, "CREATE", A=thing())
    cloud.call("ExecuteChangeSet", ChangeSetName=made)
    with pytest.raises(CloudFormationError, match="cannot be executed"):
        cloud.call("ExecuteChangeSet", ChangeSetName=made)


def test_a_stack_that_exists_is_not_created_again(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    with pytest.raises(CloudFormationError, match="already exists"):
        change_set(cloud, "CREATE", A=thing())


def test_a_template_that_is_refused_leaves_no_stack(cloud: FakeCloud) -> None:
    with pytest.raises(CloudFormationError, match="Unresolved resource dependencies"):
        change_set(cloud, "CREATE", A=thing("Nothing"))
    assert cloud.call("DescribeStacks") == {"Stacks": []}


def test_roles_need_an_acknowledgment(cloud: FakeCloud) -> None:
    with pytest.raises(CloudFormationError, match="CAPABILITY_IAM") as refusal:
        change_set(cloud, "CREATE", Role={"Type": "AWS::IAM::Role"})
    assert refusal.value.code == "InsufficientCapabilitiesException"


def test_an_update_without_changes_is_refused(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"A": thing()})
    with pytest.raises(CloudFormationError, match="No updates are to be performed"):
        cloud.deploy("app", {"A": thing()})


KEPT = thing(policy="RetainExceptOnCreate", Name="log")


def test_what_stayed_is_taken_back(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Log": KEPT})
    cloud.delete("app")
    made = change_set(cloud, "CREATE", import_existing=True, Log=KEPT, New=thing())

    cloud.call("ExecuteChangeSet", ChangeSetName=made)

    assert cloud.stack("app").status == "CREATE_COMPLETE"
    assert cloud.things.calls == ["create Log", "create New"]


def test_what_would_go_with_its_stack_is_not_imported(cloud: FakeCloud) -> None:
    """So does AWS: else a removal would delete what somebody else made."""
    cloud.deploy("app", {"Log": KEPT})
    cloud.delete("app")
    made = change_set(cloud, "CREATE", import_existing=True, Log=thing(Name="log"))

    cloud.call("ExecuteChangeSet", ChangeSetName=made)

    assert cloud.things.calls == ["create Log", "create Log"]


def test_a_creation_that_fails_leaves_what_it_imported(cloud: FakeCloud) -> None:
    cloud.deploy("app", {"Log": KEPT})
    cloud.delete("app")
    broken = {"DependsOn": ["Log"], **thing(Fail="create")}
    made = change_set(cloud, "CREATE", import_existing=True, Log=KEPT, Broken=broken)

    cloud.call("ExecuteChangeSet", ChangeSetName=made)

    assert cloud.stack("app").status == "ROLLBACK_COMPLETE"
    assert [each.get("Name") for each in cloud.things.existing.values()] == ["log"]
