"""A database that is made from a snapshot."""

from __future__ import annotations

from pathlib import Path

from kubeflow_aws.deployment import Deployment
from tests.support.assembly import checked, only
from tests.support.deployments import variation
from tests.support.platforms import sample_of

DATABASE = "AWS::RDS::DBInstance"


def test_a_snapshot_brings_its_own_user_and_encryption(
    production_deployment: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    """CloudFormation refuses them beside DBSnapshotIdentifier."""
    restored = variation(production_deployment, {"rds": {"snapshot": "kubeflow-last"}})
    app = checked(restored, sample_of(restored, sample_cache), tmp_path)

    properties = only(app.assembly.stack("Data"), DATABASE)["Properties"]

    assert properties["DBSnapshotIdentifier"] == "kubeflow-last"
    assert properties.keys().isdisjoint({"MasterUsername", "StorageEncrypted", "KmsKeyId"})
    assert properties["ManageMasterUserPassword"] is True
    assert app.findings == []
