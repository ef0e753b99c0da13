"""A database that is made from a snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from tests.support.assembly import CheckedAssembly, only, synthesize
from tests.support.deployments import option_of, variation
from tests.support.platforms import sample_of

DATABASE = "AWS::RDS::DBInstance"


def with_rds(**settings: str) -> Deployment:
    return variation(option_of("rds-only"), {"rds": {**settings}})


def test_a_snapshot_brings_its_own_user_and_encryption(checked_choices: CheckedAssembly) -> None:
    """CloudFormation refuses them beside DBSnapshotIdentifier."""
    properties = only(checked_choices.assembly.stack("Data"), DATABASE)["Properties"]

    assert properties["DBSnapshotIdentifier"] == "kubeflow-last"
    assert properties.keys().isdisjoint({"MasterUsername", "StorageEncrypted", "KmsKeyId"})
    assert properties["ManageMasterUserPassword"] is True
    assert checked_choices.findings == []


def test_a_snapshot_brings_its_own_version(checked_choices: CheckedAssembly) -> None:
    """RDS may have upgraded the instance since, and makes no older one of its snapshot."""
    properties = only(checked_choices.assembly.stack("Data"), DATABASE)["Properties"]

    assert "EngineVersion" not in properties


@pytest.mark.parametrize(
    ("settings", "version"),
    [
        ({}, "8.4.8"),
        ({"engine_version": "8.4.9"}, "8.4.9"),
        ({"snapshot": "last"}, None),
        ({"snapshot": "last", "engine_version": "8.4.9"}, "8.4.9"),
    ],
    ids=["new", "new-of-a-version", "restored", "restored-to-a-version"],
)
def test_the_version_is_the_files_the_snapshots_or_the_default(
    settings: dict[str, str], version: str | None
) -> None:
    assert with_rds(**settings).rds.version == version


def test_a_version_that_the_file_gives_is_sent_with_a_snapshot(
    sample_cache: Path, tmp_path: Path
) -> None:
    deployment = with_rds(snapshot="last", engine_version="8.4.9")

    assembly = synthesize(deployment, sample_of(deployment, sample_cache), tmp_path)

    assert only(assembly.stack("Data"), DATABASE)["Properties"]["EngineVersion"] == "8.4.9"
