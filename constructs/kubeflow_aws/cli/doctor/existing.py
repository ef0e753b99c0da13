"""Whether the VPC and the cluster that somebody else owns are as the deployment file says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from botocore.exceptions import ClientError

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.cluster import ExistingCluster
from kubeflow_aws.deployment.network import ExistingVpc


def check_existing(deployment: Deployment, aws: Aws) -> Iterator[Check]:
    """Whether what exists is there, in the zones and versions of the file.

    Args:
        deployment: May name a VPC and a cluster.
        aws: Credentials that work.
    """
    network, cluster = deployment.network.existing, deployment.cluster.existing
    if network:
        yield aws.look("VPC", partial(_vpc, network, aws))
        for field in ("private_subnet_ids", "public_subnet_ids"):
            subnets: tuple[str, ...] = getattr(network, field)
            if subnets:
                name = field.partition("_")[0].capitalize() + " subnets"
                yield aws.look(name, partial(_subnets, name, field, subnets, network, aws))
    if cluster and network:
        version = deployment.cluster.kubernetes_version
        yield aws.look("Cluster", partial(_cluster, cluster, version, network.vpc_id, aws))


def _vpc(network: ExistingVpc, aws: Aws) -> Check:
    try:
        [vpc] = aws.client("ec2").describe_vpcs(VpcIds=[network.vpc_id])["Vpcs"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidVpcID.NotFound":
            raise
        return failed(
            "VPC",
            f"{aws.region} has no {network.vpc_id}",
            "correct network.existing.vpc_id; `aws ec2 describe-vpcs` lists them",
        )
    return passed("VPC", f"{network.vpc_id}, {vpc['CidrBlock']}")


def _subnets(
    name: str, field: str, subnets: tuple[str, ...], network: ExistingVpc, aws: Aws
) -> Check:
    fix = (
        f"correct network.existing.{field}; `aws ec2 describe-subnets --filters "
        f"Name=vpc-id,Values={network.vpc_id}` lists them with their zones"
    )
    try:
        answer = aws.client("ec2").describe_subnets(SubnetIds=list(subnets))["Subnets"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidSubnetID.NotFound":
            raise
        return failed(name, error.response["Error"]["Message"], fix)
    found = {subnet["SubnetId"]: subnet for subnet in answer}
    wrong = []
    for subnet, zone in zip(subnets, network.availability_zones, strict=True):
        if found[subnet]["VpcId"] != network.vpc_id:
            wrong.append(f"{subnet} is in {found[subnet]['VpcId']}, not in {network.vpc_id}")
        elif found[subnet]["AvailabilityZone"] != zone:
            wrong.append(f"{subnet} is in {found[subnet]['AvailabilityZone']}, not in {zone}")
    if wrong:
        return failed(name, ", ".join(wrong), fix)
    return passed(name, ", ".join(subnets))


def _cluster(existing: ExistingCluster, version: str, vpc_id: str, aws: Aws) -> Check:
    client = aws.client("eks")
    try:
        cluster = client.describe_cluster(name=existing.name)["cluster"]
    except client.exceptions.ResourceNotFoundException:
        return failed(
            "Cluster",
            f"{aws.region} has no cluster {existing.name}",
            "correct cluster.existing.name; `aws eks list-clusters` lists them",
        )
    network = cluster["resourcesVpcConfig"]
    group = network.get("clusterSecurityGroupId")
    issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer")
    if cluster["status"] != "ACTIVE":
        return failed(
            "Cluster",
            f"{existing.name} is {cluster['status']}",
            f"aws eks wait cluster-active --name {existing.name}",
        )
    wrong = {
        "cluster.kubernetes_version": (version, cluster["version"]),
        "network.existing.vpc_id": (vpc_id, network.get("vpcId")),
        "cluster.existing.security_group_id": (existing.security_group_id, group),
        "cluster.existing.oidc_issuer": (existing.oidc_issuer or issuer, issuer),
    }
    for field, (said, found) in wrong.items():
        if said != found:
            return failed(
                "Cluster",
                f"{existing.name} has {found}, but {field} is {said}",
                f'set {field}: "{found}"',
            )
    return passed("Cluster", f"{existing.name}, Kubernetes {version}")
