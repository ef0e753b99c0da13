"""What the Storage stack promises, and how pods get what is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import (
    Assembly,
    CheckedAssembly,
    applies,
    only,
    resources,
    synthesize,
)
from tests.support.assembly import Template as RawTemplate
from tests.support.deployments import variation
from tests.support.platforms import sample_of

EFS = "AWS::EFS::FileSystem"
FSX = "AWS::FSx::FileSystem"
LINK = "AWS::FSx::DataRepositoryAssociation"
INGRESS = "AWS::EC2::SecurityGroupIngress"


@pytest.fixture(scope="session")
def vanilla_platform_stack(sample_assembly: Assembly) -> RawTemplate:
    """Of a deployment without FSx."""
    return sample_assembly.stack("Platform")


@pytest.fixture(scope="session")
def production(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """In production, with a file system that is not linked to the artifacts."""
    deployment = variation(
        data_plane,
        {
            "environment": "production",
            "storage": {"efs": {}, "fsx": {"enabled": True, "link_artifacts": False}},
            "profiles": [{"name": "alice", "owner": ALICE}],
        },
    )
    return synthesize(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("kept")
    )


ALICE = "alice@example.com"
SELECTION = "AWS::Backup::BackupSelection"


def objects_named(assembly: Assembly, kind: str) -> dict[str, Any]:
    return {
        f"{key_of(item).namespace}/{key_of(item).name}".removeprefix("/"): item
        for item in assembly.objects()
        if item["kind"] == kind
    }


def test_shared_files_are_encrypted_elastic_and_in_every_zone(storage: RawTemplate) -> None:
    properties = only(storage, EFS)["Properties"]

    assert properties["Encrypted"] is True
    assert "SharedFilesKey" in json.dumps(properties["KmsKeyId"])
    assert properties["ThroughputMode"] == "elastic"
    assert len(resources(storage, "AWS::EFS::MountTarget")) == 3


def test_backups_and_removal_depend_on_the_environment(
    storage: RawTemplate, production: Assembly
) -> None:
    kept = only(production.stack("Storage"), EFS)

    assert only(storage, EFS)["DeletionPolicy"] == "Delete"
    assert "BackupPolicy" not in only(storage, EFS)["Properties"]
    assert resources(storage, SELECTION) == {}
    assert kept["DeletionPolicy"] == "RetainExceptOnCreate"
    selected = only(production.stack("Storage"), SELECTION)["Properties"]["BackupSelection"]
    assert "SharedFilesFileSystem" in json.dumps(selected["Resources"])


def test_only_the_nodes_reach_the_file_systems(
    data_plane_assembly: Assembly, storage: RawTemplate
) -> None:
    from_nodes = {
        (each["Properties"]["FromPort"], each["Properties"]["ToPort"])
        for each in resources(
            data_plane_assembly.stack("Platform"), "AWS::EC2::SecurityGroupIngress"
        ).values()
        if "ClusterSecurityGroupId" in json.dumps(each["Properties"]["SourceSecurityGroupId"])
    }
    within = resources(storage, "AWS::EC2::SecurityGroupIngress").values()

    assert {(2049, 2049), (988, 988), (1018, 1023)} <= from_nodes
    assert all("CidrIp" not in each["Properties"] for each in within)
    for group in resources(storage, "AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]


def test_the_servers_of_lustre_call_their_clients_back(
    data_plane_assembly: Assembly, vanilla_platform_stack: RawTemplate
) -> None:
    def called_back(platform: RawTemplate) -> set[tuple[int, int]]:
        return {
            (each["Properties"]["FromPort"], each["Properties"]["ToPort"])
            for each in resources(platform, INGRESS).values()
            if "LustreGroup" in json.dumps(each["Properties"]["SourceSecurityGroupId"])
            and "ClusterSecurityGroupId" in json.dumps(each["Properties"]["GroupId"])
        }

    assert called_back(data_plane_assembly.stack("Platform")) == {(988, 988), (1018, 1023)}
    # Without the file system nobody needs to be called.
    assert called_back(vanilla_platform_stack) == set()


def test_a_group_that_the_cluster_names_does_not_go_with_its_file_system(
    option: Callable[[str], CheckedAssembly],
) -> None:
    """EC2 would refuse, and the Storage stack is deployed before the one with the rule."""
    storage = option("cognito-rds-s3").assembly.stack("Storage")

    assert "LustreGroup" in json.dumps(list(resources(storage, "AWS::EC2::SecurityGroup")))
    assert not resources(storage, FSX)


def test_the_file_system_waits_for_its_own_rules(storage: RawTemplate) -> None:
    rules = {
        logical_id
        for logical_id, each in resources(storage, INGRESS).items()
        if each["Properties"]["GroupId"] == each["Properties"]["SourceSecurityGroupId"]
    }
    key = only(storage, FSX)["Properties"]["KmsKeyId"]["Fn::GetAtt"][0]

    assert len(rules) == 2
    assert rules <= set(only(storage, FSX)["DependsOn"])
    assert rules <= set(storage["Resources"][key]["DependsOn"])


def test_nothing_mounts_a_file_system_before_it_is_open(data_plane_assembly: Assembly) -> None:
    platform = data_plane_assembly.stack("Platform")
    nested = resources(platform, "AWS::CloudFormation::Stack")

    def before(logical_id: str) -> set[str]:
        found = set(nested[logical_id].get("DependsOn", ()))
        return found.union(*(before(each) for each in found & nested.keys()))

    rules = {
        logical_id for logical_id in resources(platform, INGRESS) if "StorageAccess" in logical_id
    }
    users = [name for name in nested if re.match(r"ProfileFolders|Profiles\d", name)]

    assert len(rules) == 5
    assert len(users) == 3
    assert all(rules <= before(name) for name in users)


def test_fast_files_are_linked_with_the_artifacts_both_ways(storage: RawTemplate) -> None:
    events = {"Events": ["NEW", "CHANGED", "DELETED"]}
    link = only(storage, LINK)["Properties"]

    assert link["FileSystemPath"] == "/profiles"
    assert json.dumps(link["DataRepositoryPath"]).endswith('"/private-artifacts/"]]}')
    assert link["S3"] == {"AutoImportPolicy": events, "AutoExportPolicy": events}
    # FSx backs up no linked file system.
    configuration = only(storage, FSX)["Properties"]["LustreConfiguration"]
    assert configuration["AutomaticBackupRetentionDays"] == 0
    assert configuration["DeploymentType"] == "PERSISTENT_2"


def test_fsx_may_use_the_key_of_the_bucket_and_nobody_else_by_that(
    data_plane_assembly: Assembly, rds_s3_assembly: Assembly
) -> None:
    def statements(assembly: Assembly) -> list[dict[str, Any]]:
        return [
            statement
            for key in resources(assembly.stack("Data"), "AWS::KMS::Key").values()
            for statement in key["Properties"]["KeyPolicy"]["Statement"]
            if statement["Principal"] == {"AWS": "*"}
        ]

    [statement] = statements(data_plane_assembly)
    role = json.dumps(statement["Condition"]["ArnLike"]["aws:PrincipalArn"])
    assert "s3.data-source.lustre.fsx.amazonaws.com/AWSServiceRoleForFSxS3Access_*" in role
    assert statement["Condition"]["StringEquals"].keys() == {
        "aws:PrincipalAccount",
        "kms:ViaService",
    }
    assert statements(rds_s3_assembly) == []


def test_what_is_not_linked_is_backed_up_in_production(production: Assembly) -> None:
    template = production.stack("Storage")

    assert resources(template, LINK) == {}
    configuration = only(template, FSX)["Properties"]["LustreConfiguration"]
    assert configuration["AutomaticBackupRetentionDays"] == 7


def test_scratch_has_neither_throughput_nor_backups(
    data_plane: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    scratch = variation(data_plane, {"storage": {"fsx": {"enabled": True, "type": "scratch-2"}}})
    assembly = synthesize(scratch, sample_of(scratch, sample_cache), tmp_path)

    properties = only(assembly.stack("Storage"), FSX)["Properties"]
    assert properties["LustreConfiguration"] == {
        "DeploymentType": "SCRATCH_2",
        "DataCompressionType": "LZ4",
        "WeeklyMaintenanceStartTime": "7:03:00",
    }
    parameters = objects_named(assembly, "StorageClass")["fsx"]["parameters"]
    assert parameters["deploymentType"] == "SCRATCH_2"
    assert "perUnitStorageThroughput" not in parameters


def test_claims_of_notebooks_belong_to_the_notebooks_user(data_plane_assembly: Assembly) -> None:
    parameters = objects_named(data_plane_assembly, "StorageClass")["efs"]["parameters"]

    assert parameters["provisioningMode"] == "efs-ap"
    assert (parameters["uid"], parameters["gid"]) == ("1000", "100")
    assert parameters["subPathPattern"] == "${.PVC.namespace}/${.PVC.name}"


def test_every_profile_has_its_claims_and_sees_its_own_folder_alone(
    data_plane_assembly: Assembly,
) -> None:
    claims = objects_named(data_plane_assembly, "PersistentVolumeClaim")
    volumes = objects_named(data_plane_assembly, "PersistentVolume")

    for profile in ("alice", "bob"):
        for claim in ("shared", "fast"):
            labels = claims[f"{profile}/{claim}"]["metadata"]["labels"]
            assert labels == {"kubeflow-aws/volume-of": "profile"}
        assert claims[f"{profile}/shared"]["spec"]["storageClassName"] == "efs"
        assert claims[f"{profile}/fast"]["spec"]["volumeName"] == f"fast-{profile}"
        spec = volumes[f"fast-{profile}"]["spec"]
        assert spec["claimRef"] == {"namespace": profile, "name": "fast"}
        assert spec["csi"]["volumeAttributes"]["mountname"].endswith(f"/profiles/{profile}")
        assert spec["persistentVolumeReclaimPolicy"] == "Retain"
    handles = [each["spec"]["csi"]["volumeHandle"] for each in volumes.values()]
    assert len(handles) == len(set(handles)) == 3


def folders_job(assembly: Assembly) -> Any:
    [job] = [
        item
        for name, item in objects_named(assembly, "Job").items()
        if name.startswith("kube-system/kubeflow-fast-files-")
    ]
    return job


def test_folders_are_made_before_anything_mounts_them(
    data_plane_assembly: Assembly, production: Assembly
) -> None:
    job = folders_job(data_plane_assembly)
    other = folders_job(production)
    [container] = job["spec"]["template"]["spec"]["containers"]
    template = data_plane_assembly.stack("Platform")
    stacks = resources(template, "AWS::CloudFormation::Stack")
    [folders] = [name for name in stacks if "ProfileFolders" in name]
    contents = [each for name, each in stacks.items() if re.match(r"Profiles\dNested", name)]

    assert container["command"][-2:] == ["alice", "bob"]
    assert job["metadata"]["name"] != other["metadata"]["name"]
    assert job["spec"]["template"]["spec"]["priorityClassName"] == "kubeflow-platform"
    assert job["spec"]["template"]["spec"]["nodeSelector"] == {"kubeflow-aws/node-group": "system"}
    assert contents
    assert all(folders in each["DependsOn"] for each in contents)


def test_what_profiles_hold_outlives_the_stack(data_plane_assembly: Assembly) -> None:
    packs = [
        pack
        for name, template in data_plane_assembly.templates.items()
        if re.search(r"PlatformProfiles\d", name)
        for pack in applies(template).values()
    ]

    assert packs
    assert {pack["DeletionPolicy"] for pack in packs} == {"Retain"}


def test_the_csi_driver_of_fsx_deletes_only_what_it_made(data_plane_assembly: Assembly) -> None:
    [policy] = [
        policy
        for name, policy in resources(
            data_plane_assembly.stack("Cluster"), "AWS::IAM::Policy"
        ).items()
        if "FsxCsi" in name
    ]
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        if "fsx:DeleteFileSystem" in statement["Action"]:
            assert statement["Condition"] == {"Null": {"aws:ResourceTag/CSIVolumeName": "false"}}
            return
    pytest.fail("the driver may delete nothing, so claims would stay")


def test_without_shared_files_there_is_no_stack_and_no_driver(sample_assembly: Assembly) -> None:
    addons = resources(sample_assembly.stack("Cluster"), "AWS::EKS::Addon").values()

    assert not any(name.endswith("Storage") for name in sample_assembly.templates)
    assert not {each["Properties"]["AddonName"] for each in addons} & {
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
    }
