"""What stacks export to each other."""

from __future__ import annotations

import pytest

from localcloud.cloudformation.errors import CloudFormationError
from tests.support.fake_cloud import FakeCloud, thing

SHARED = {"Size": {"Value": {"Fn::GetAtt": ["A", "Size"]}, "Export": {"Name": "Shared"}}}


def export(cloud: FakeCloud, stack: str = "exporter", size: str = "1") -> str:
    return cloud.deploy(stack, {"A": thing(Size=size)}, Outputs=SHARED)


def test_an_export_reaches_the_stack_that_imports_it(cloud: FakeCloud) -> None:
    export(cloud)
    cloud.deploy("importer", {"B": thing(Of={"Fn::ImportValue": "Shared"})})
    assert cloud.stack("importer").resources["B"].properties == {"Of": "1"}
    assert cloud.call("ListImports", ExportName="Shared") == {"Imports": ["importer"]}


def test_an_import_of_nothing_fails(cloud: FakeCloud) -> None:
    assert (
        cloud.deploy("importer", {"B": thing(Of={"Fn::ImportValue": "Shared"})})
        == "ROLLBACK_COMPLETE"
    )
    assert cloud.reason(cloud.stack("importer"), "B") == "No export named Shared found."


def test_an_export_in_use_can_neither_change_nor_go(cloud: FakeCloud) -> None:
    export(cloud)
    cloud.deploy("importer", {"B": thing(Of={"Fn::ImportValue": "Shared"})})
    assert export(cloud, size="2") == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.stack("exporter").exports == {"Shared": "1"}
    assert cloud.deploy("exporter", {"A": thing(Size="1")}) == "UPDATE_ROLLBACK_COMPLETE"
    reasons = [e.reason for e in cloud.stack("exporter").events if e.reason]
    assert "Cannot update export Shared as it is in use by importer." in reasons
    assert "Cannot delete export Shared as it is in use by importer." in reasons
    with pytest.raises(CloudFormationError, match="cannot be deleted as it is in use by importer"):
        cloud.delete("exporter")


def test_an_export_is_free_when_its_last_user_is_gone(cloud: FakeCloud) -> None:
    export(cloud)
    cloud.deploy("importer", {"B": thing(Of={"Fn::ImportValue": "Shared"})})
    cloud.delete("importer")
    assert cloud.delete("exporter") == "DELETE_COMPLETE"
    assert cloud.call("ListExports") == {"Exports": []}


def test_two_stacks_cannot_export_one_name(cloud: FakeCloud) -> None:
    export(cloud)
    assert export(cloud, "other") == "ROLLBACK_COMPLETE"
    assert "already exported by stack exporter" in str(cloud.stack("other").events)


def test_an_output_that_another_stack_reads_may_change_and_go(cloud: FakeCloud) -> None:
    size = {"Value": {"Fn::GetAtt": ["A", "Size"]}}
    cloud.deploy("producer", {"A": thing(Size="1")}, Outputs={"Size": size})
    read = {"Fn::GetStackOutput": {"StackName": "producer", "OutputName": "Size"}}
    cloud.deploy("reader", {"B": thing(Of=read)})
    assert cloud.stack("reader").resources["B"].properties == {"Of": "1"}

    assert cloud.deploy("producer", {"A": thing(Size="1")}) == "UPDATE_COMPLETE"
    assert cloud.stack("reader").resources["B"].properties == {"Of": "1"}
    assert cloud.deploy("reader", {"B": thing(Of=read, New="1")}) == "UPDATE_ROLLBACK_COMPLETE"


def test_an_output_of_nothing_fails(cloud: FakeCloud) -> None:
    read = {"Fn::GetStackOutput": {"StackName": "producer", "OutputName": "Size"}}
    assert cloud.deploy("reader", {"B": thing(Of=read)}) == "ROLLBACK_COMPLETE"
    reason = cloud.reason(cloud.stack("reader"), "B")
    assert str(reason).startswith("Stack producer has no output Size in ")
