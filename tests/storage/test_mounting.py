"""Who mounts the shared files: the driver's daemon on each node, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import Assembly, only, resources, synthesize
from tests.support.assembly import Template as RawTemplate
from tests.support.deployments import variation
from tests.support.platforms import sample_of

EFS = "AWS::EFS::FileSystem"


def statements(storage: RawTemplate, effect: str) -> list[dict[str, Any]]:
    policy = only(storage, EFS)["Properties"]["FileSystemPolicy"]["Statement"]
    return [each for each in policy if each["Effect"] == effect]


def test_the_driver_alone_mounts_shared_files_and_that_by_access_points(
    data_plane_assembly: Assembly, storage: RawTemplate
) -> None:
    [allowed] = statements(storage, "Allow")
    mounter = mounting_role(data_plane_assembly)

    assert set(allowed["Action"]) == {
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientWrite",
    }
    assert mounter in json.dumps(allowed["Principal"])
    assert allowed["Principal"].keys() == {"AWS"}
    by, through = allowed["Condition"]["Bool"], allowed["Condition"]["ArnLike"]
    assert by == {"elasticfilesystem:AccessedViaMountTarget": "true"}
    assert through["elasticfilesystem:AccessPointArn"].endswith(":access-point/*")


def test_nobody_mounts_the_whole_or_speaks_in_the_clear_or_is_root(storage: RawTemplate) -> None:
    """Not even whom a policy of his own admits."""
    denied = {each["Sid"]: each for each in statements(storage, "Deny")}

    assert all(each["Principal"] == {"AWS": "*"} for each in denied.values())
    whole = denied["NeverAsAWhole"]
    assert whole["Condition"] == {"Null": {"elasticfilesystem:AccessPointArn": "true"}}
    assert set(whole["Action"]) >= {
        "elasticfilesystem:ClientMount",
        "elasticfilesystem:ClientRootAccess",
    }
    clear = denied["NeverInTheClear"]
    assert clear["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert "ClientRootAccess" not in json.dumps(statements(storage, "Allow"))


def mounting_role(assembly: Assembly) -> str:
    """The role that the driver's daemon takes on each node."""
    [association] = [
        each["Properties"]
        for each in resources(
            assembly.stack("Cluster"), "AWS::EKS::PodIdentityAssociation"
        ).values()
        if each["Properties"]["ServiceAccount"] == "efs-csi-node-sa"
    ]
    assert association["Namespace"] == "kube-system"
    role: str = association["RoleArn"]["Fn::GetAtt"][0]
    return role


def test_the_drivers_daemon_starts_with_a_role_that_may_do_nothing_else(
    data_plane_assembly: Assembly,
) -> None:
    cluster = data_plane_assembly.stack("Cluster")
    role = mounting_role(data_plane_assembly)
    [addon] = [
        each
        for each in resources(cluster, "AWS::EKS::Addon").values()
        if each["Properties"]["AddonName"] == "aws-efs-csi-driver"
    ]
    properties = cluster["Resources"][role]["Properties"]

    assert role in addon["DependsOn"]
    assert any("MountingRoleAssociation" in each for each in addon["DependsOn"])
    assert properties.keys() & {"ManagedPolicyArns", "Policies"} == set()
    assert role not in json.dumps(list(resources(cluster, "AWS::IAM::Policy").values()))
    [trust] = properties["AssumeRolePolicyDocument"]["Statement"]
    names = trust["Condition"]["StringEquals"]
    assert names["aws:RequestTag/kubernetes-service-account"] == "efs-csi-node-sa"


def test_the_driver_of_an_existing_cluster_has_the_role_too(
    existing_cluster: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    deployment = variation(existing_cluster, {"storage": {"efs": {"enabled": True}}})
    assembly = synthesize(deployment, sample_of(deployment, sample_cache), tmp_path)

    [allowed] = statements(assembly.stack("Storage"), "Allow")

    assert mounting_role(assembly) in json.dumps(allowed["Principal"])


def test_volumes_of_shared_files_say_who_mounts_them(data_plane_assembly: Assembly) -> None:
    """Without, the driver comes as nobody, and nobody is admitted."""
    [found] = [
        item
        for item in data_plane_assembly.objects()
        if str(key_of(item)) == "StorageClass.storage.k8s.io efs"
    ]

    assert found["mountOptions"] == ["iam"]
