"""Nodes of users' work: what Karpenter may do, and which nodes it makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubeflow_aws.cluster.karpenter_role import MADE
from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import Assembly, Template, applies, resources

NETWORK = ("security-group", "subnet")


def specs(assembly: Assembly, kind: str) -> dict[str, Any]:
    """The specifications of all objects of a kind, by name."""
    return {key_of(item).name: item["spec"] for item in assembly.objects() if item["kind"] == kind}


@pytest.fixture(scope="session")
def cluster(data_plane_assembly: Assembly) -> Template:
    return data_plane_assembly.stack("Cluster")


@pytest.fixture(scope="session")
def pools(data_plane_assembly: Assembly) -> dict[str, Any]:
    return specs(data_plane_assembly, "NodePool")


@pytest.fixture(scope="session")
def classes(data_plane_assembly: Assembly) -> dict[str, Any]:
    return specs(data_plane_assembly, "EC2NodeClass")


def requirement(pool: dict[str, Any], key: str) -> list[str]:
    [values] = [
        each["values"] for each in pool["template"]["spec"]["requirements"] if each["key"] == key
    ]
    return list(values)


def test_each_pool_starts_what_the_file_names(pools: dict[str, Any]) -> None:
    gpu = pools["gpu"]

    assert requirement(gpu, "node.kubernetes.io/instance-type") == ["g6.48xlarge"]
    assert requirement(gpu, "karpenter.sh/capacity-type") == ["spot"]
    assert gpu["limits"] == {"nvidia.com/gpu": "32"}
    assert pools["cpu"]["limits"] == {"cpu": "128"}
    assert pools["neuron"]["limits"] == {"aws.amazon.com/neuron": "8"}


def test_types_that_the_table_does_not_know_are_started_as_the_file_says(
    unlisted_assembly: Assembly,
) -> None:
    pools = specs(unlisted_assembly, "NodePool")
    [group] = resources(unlisted_assembly.stack("Cluster"), "AWS::EKS::Nodegroup").values()

    assert group["Properties"]["InstanceTypes"] == ["m7i.96xlarge"]
    assert requirement(pools["cpu"], "node.kubernetes.io/instance-type") == ["m7i.96xlarge"]
    assert requirement(pools["gpu"], "node.kubernetes.io/instance-type") == ["g99.2xlarge"]
    assert pools["gpu"]["limits"] == {"nvidia.com/gpu": "4"}
    assert [each["key"] for each in pools["gpu"]["template"]["spec"]["taints"]] == [
        "nvidia.com/gpu"
    ]


def test_a_template_names_types_that_only_the_file_knows(
    unlisted_assembly: Assembly, cluster: Template
) -> None:
    """For `make cost`, which reads templates alone."""
    described = unlisted_assembly.stack("Cluster")["Metadata"]["KubeflowAws::UnlistedInstanceTypes"]

    assert described["m7i.96xlarge"]["vcpus"] == 384
    assert described["g99.2xlarge"]["gpus"] == 2
    assert "KubeflowAws::UnlistedInstanceTypes" not in cluster.get("Metadata", {})


def test_accelerators_are_for_who_asks_for_them(pools: dict[str, Any]) -> None:
    def taints(name: str) -> list[str]:
        return [each["key"] for each in pools[name]["template"]["spec"].get("taints", [])]

    assert taints("cpu") == []
    assert taints("gpu") == ["nvidia.com/gpu"]
    assert taints("neuron") == ["aws.amazon.com/neuron"]


def test_a_pool_with_efa_gets_the_device_plugin(
    pools: dict[str, Any], data_plane_assembly: Assembly
) -> None:
    plugins = {
        name: spec["template"]["spec"]
        for name, spec in specs(data_plane_assembly, "DaemonSet").items()
    }
    labels = {name: pool["template"]["metadata"]["labels"] for name, pool in pools.items()}

    assert plugins["efa-device-plugin"]["nodeSelector"].items() <= labels["gpu"].items()
    assert not plugins["efa-device-plugin"]["nodeSelector"].items() <= labels["neuron"].items()
    for name, pool in (("nvidia", "gpu"), ("neuron", "neuron")):
        plugin = plugins[f"{name}-device-plugin"]
        assert plugin["nodeSelector"].items() <= labels[pool].items()
        tolerated = {each["key"] for each in plugin["tolerations"]}
        assert {each["key"] for each in pools[pool]["template"]["spec"]["taints"]} <= tolerated


def test_nobodys_work_is_moved_to_save_money(pools: dict[str, Any]) -> None:
    for pool in pools.values():
        assert pool["disruption"]["consolidationPolicy"] == "WhenEmpty"
        assert {"nodes": "0", "reasons": ["Drifted"]} in pool["disruption"]["budgets"]


def test_its_nodes_are_as_closed_as_the_others(classes: dict[str, Any]) -> None:
    for node_class in classes.values():
        assert node_class["metadataOptions"] == {
            "httpTokens": "required",
            "httpPutResponseHopLimit": 1,
        }
        [device] = node_class["blockDeviceMappings"]
        assert device["ebs"]["encrypted"] is True
        assert len(node_class["subnetSelectorTerms"]) == 3
        assert "role" not in node_class


def test_pools_go_before_their_classes_and_karpenter_last(cluster: Template) -> None:
    manifests = {n: each for n, each in applies(cluster).items() if n.startswith("NodePools")}
    classes = {name for name in manifests if "Class" in name}

    assert len(classes) == len(manifests) - len(classes) == 3
    for name, manifest in manifests.items():
        # Kept, they would keep their instances, and these the VPC.
        assert manifest["DeletionPolicy"] == "Delete"
        if name in classes:
            assert any("Karpenter" in each for each in manifest["DependsOn"])
        else:
            [before] = classes & set(manifest["DependsOn"])
            assert before.partition("Class")[0] == name.rpartition("Pool")[0]


def statements(cluster: Template) -> list[dict[str, Any]]:
    [policy] = [
        each
        for name, each in resources(cluster, "AWS::IAM::Policy").items()
        if name.startswith("AutoscalingRole")
    ]
    found: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_karpenter_stops_only_what_it_started(cluster: Template) -> None:
    for statement in statements(cluster):
        actions = json.dumps(statement["Action"])
        condition = json.dumps(statement.get("Condition", {}))
        if "Terminate" in actions or ("Delete" in actions and "sqs" not in actions):
            assert "aws:ResourceTag/kubernetes.io/cluster/kubeflow" in condition
        if "CreateTags" in actions:
            assert "kubernetes.io/cluster/kubeflow" in condition


def test_karpenter_makes_nothing_without_its_tags(cluster: Template) -> None:
    making = [
        statement
        for statement in statements(cluster)
        if "ec2:RunInstances" in statement["Action"]
        and any(f":{kind}/*" in json.dumps(statement["Resource"]) for kind in MADE)
    ]

    assert making
    for statement in making:
        assert "karpenter.sh/nodepool" in json.dumps(statement["Condition"])


def test_karpenter_starts_nodes_in_the_clusters_network_only(cluster: Template) -> None:
    joining = [
        statement
        for statement in statements(cluster)
        if any(f":{kind}/*" in json.dumps(statement["Resource"]) for kind in NETWORK)
        and "ec2:RunInstances" in statement["Action"]
    ]

    [statement] = joining
    assert ":vpc/" in json.dumps(statement["Condition"]["ArnEquals"]["ec2:Vpc"])


def test_karpenter_may_look_for_a_profile_of_any_name(cluster: Template) -> None:
    """It does when a node class goes, and waits for as long as it is refused."""
    [looking] = [each for each in statements(cluster) if each["Action"] == "iam:GetInstanceProfile"]

    assert looking["Resource"].endswith(":instance-profile/*")


def test_karpenter_gives_nodes_the_nodes_role_and_no_other(cluster: Template) -> None:
    [passing] = [each for each in statements(cluster) if each["Action"] == "iam:PassRole"]
    everything = json.dumps(statements(cluster))

    assert passing["Resource"]["Fn::GetAtt"][0].startswith("NodesNodeRole")
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    assert "iam:CreateInstanceProfile" not in everything
    assert "iam:AddRoleToInstanceProfile" not in everything


def test_warnings_of_ec2_reach_karpenter_encrypted(cluster: Template) -> None:
    [queue] = resources(cluster, "AWS::SQS::Queue").values()
    kinds = {
        each["Properties"]["EventPattern"]["detail-type"][0]
        for each in resources(cluster, "AWS::Events::Rule").values()
    }
    [policy] = resources(cluster, "AWS::SQS::QueuePolicy").values()

    assert queue["Properties"]["SqsManagedSseEnabled"] is True
    # Those of its own template (tests/rights/published/karpenter.yaml names the source).
    assert kinds == {
        "AWS Health Event",
        "EC2 Capacity Reservation Instance Interruption Warning",
        "EC2 Instance Rebalance Recommendation",
        "EC2 Instance State-change Notification",
        "EC2 Spot Instance Interruption Warning",
    }
    assert '"aws:SecureTransport": "false"' in json.dumps(policy)


def test_the_device_pools_can_be_left_out(sample_assembly: Assembly) -> None:
    assert specs(sample_assembly, "NodePool").keys() == {"cpu", "gpu"}
