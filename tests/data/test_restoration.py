"""A database that is made from a snapshot."""

from __future__ import annotations

from tests.support.assembly import CheckedAssembly, only

DATABASE = "AWS::RDS::DBInstance"


def test_a_snapshot_brings_its_own_user_and_encryption(checked_choices: CheckedAssembly) -> None:
    """CloudFormation refuses them beside DBSnapshotIdentifier."""
    properties = only(checked_choices.assembly.stack("Data"), DATABASE)["Properties"]

    assert properties["DBSnapshotIdentifier"] == "kubeflow-last"
    assert properties.keys().isdisjoint({"MasterUsername", "StorageEncrypted", "KmsKeyId"})
    assert properties["ManageMasterUserPassword"] is True
    assert checked_choices.findings == []
