"""What stacks read of each other: outputs. Exports are not emulated, for decision 0021."""

from __future__ import annotations

from tests.support.fake_cloud import FakeCloud, thing


def test_an_export_is_read_over(cloud: FakeCloud) -> None:
    shared = {"Size": {"Value": {"Fn::GetAtt": ["A", "Size"]}, "Export": {"Name": "Shared"}}}
    assert cloud.deploy("exporter", {"A": thing(Size="1")}, Outputs=shared) == "CREATE_COMPLETE"
    assert cloud.stack("exporter").outputs["Size"].value == "1"


def test_an_import_is_refused(cloud: FakeCloud) -> None:
    imported = {"B": thing(Of={"Fn::ImportValue": "Shared"})}
    assert cloud.deploy("importer", imported) == "ROLLBACK_COMPLETE"
    reason = cloud.reason(cloud.stack("importer"), "B")
    assert reason == "the local cloud does not know the intrinsic function Fn::ImportValue"


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
