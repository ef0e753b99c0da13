"""Whether the account's quotas have room for the deployment, and for its pools at their limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from kubeflow_aws.applying.limits import AT_ONCE
from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, unseen
from kubeflow_aws.cli.doctor.instances import Need, describe_sizes, needs_of, types_of, vcpus_in_use
from kubeflow_aws.cli.doctor.quota import Quota, Room, check_room, limit_of
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.deployment.storage import LustreType

ROLES: Final = 40
"""IAM roles of a deployment with everything on, and a few more."""

EXECUTIONS: Final = 2 * AT_ONCE + 2
"""Lambda executions at once while the Cluster or the Platform stack comes up, with two for what
else runs; a new account may have ten. A call of the handler that finds no room fails its
resource."""

LUSTRE: Final = {
    LustreType.PERSISTENT_2: (
        Quota(name="FSx for Lustre PERSISTENT_2", service="fsx", code="L-FD6F2F22"),
        Quota(name="GiB of FSx for Lustre PERSISTENT_2", service="fsx", code="L-8F1B9C74"),
    ),
    LustreType.SCRATCH_2: (
        Quota(name="FSx for Lustre SCRATCH", service="fsx", code="L-C48231E5"),
        Quota(name="GiB of FSx for Lustre SCRATCH", service="fsx", code="L-AD2FC696"),
    ),
}
"""How many of a type of FSx for Lustre, and how many GiB of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What a deployment takes of a quota.

    Attributes:
        quota: The quota.
        stack: The stack that takes it, by its short name.
        needed: How much.
        count: How much is in use.
    """

    quota: Quota
    stack: str
    needed: int = 1
    count: Callable[[Aws], int]


def check_quotas(deployment: Deployment, aws: Aws, deployed: Collection[str]) -> Iterator[Check]:
    """Whether what comes up has room.

    Args:
        deployment: What would be deployed.
        aws: Credentials that work.
        deployed: Stacks that exist, by their short names; they need nothing more.
    """
    for demand in demands_of(deployment):
        if demand.stack not in deployed:
            yield aws.look(demand.quota.name, partial(_compare, demand, aws))
    if "Cluster" not in deployed:
        yield aws.look("IAM roles", partial(_roles, aws))
    if deployment.cluster.existing is None:
        yield from aws.look_at_each("vCPUs of nodes", partial(_nodes, deployment, aws))


def demands_of(deployment: Deployment) -> Iterator[Demand]:
    """What a deployment takes, nodes and IAM roles apart.

    Source of the codes: `aws service-quotas list-service-quotas --service-code ...`.

    Args:
        deployment: What would be deployed.
    """
    if deployment.network.existing is None:
        network = deployment.network
        gateways = network.nat_gateways_of(production=deployment.is_production)
        yield Demand(
            quota=Quota(name="VPCs", service="vpc", code="L-F678F1CE"),
            stack="Network",
            count=lambda aws: _count(aws, "ec2", "describe_vpcs", "Vpcs"),
        )
        yield Demand(
            quota=Quota(name="Elastic IP addresses", service="ec2", code="L-0263D0A3"),
            stack="Network",
            needed=gateways,
            count=lambda aws: len(aws.client("ec2").describe_addresses()["Addresses"]),
        )
        yield Demand(
            quota=Quota(name="NAT gateways in one zone", service="vpc", code="L-FE5A380F"),
            stack="Network",
            count=partial(_nat_gateways, zones=network.zones_of(deployment.region)[:gateways]),
        )
    if deployment.cluster.existing is None:
        yield Demand(
            quota=Quota(name="EKS clusters", service="eks", code="L-1194D53C"),
            stack="Cluster",
            count=lambda aws: _count(aws, "eks", "list_clusters", "clusters"),
        )
    if deployment.database_option is Database.RDS:
        yield Demand(
            quota=Quota(name="RDS instances", service="rds", code="L-7B6409FD"),
            stack="Data",
            count=lambda aws: _count(aws, "rds", "describe_db_instances", "DBInstances"),
        )
    if deployment.storage.efs.enabled:
        yield Demand(
            quota=Quota(name="EFS file systems", service="elasticfilesystem", code="L-848C634D"),
            stack="Storage",
            count=lambda aws: _count(aws, "efs", "describe_file_systems", "FileSystems"),
        )
    fsx = deployment.storage.fsx
    if fsx.enabled:
        number, capacity = LUSTRE[fsx.type]
        yield Demand(quota=number, stack="Storage", count=lambda aws: len(_lustre(aws, fsx.type)))
        yield Demand(
            quota=capacity,
            stack="Storage",
            needed=fsx.storage_gib,
            count=lambda aws: sum(_lustre(aws, fsx.type)),
        )
    if deployment.has_load_balancer:
        yield Demand(
            quota=Quota(
                name="Application Load Balancers",
                service="elasticloadbalancing",
                code="L-53DA6B97",
            ),
            stack="Platform",
            count=_load_balancers,
        )
    yield Demand(
        quota=Quota(name="Lambda executions at once", service="lambda", code="L-B99A9384"),
        stack="Platform",
        needed=EXECUTIONS,
        count=_reserved_executions,
    )
    if deployment.auth_provider is AuthProvider.COGNITO:
        yield Demand(
            quota=Quota(name="Cognito user pools", service="cognito-idp", code="L-66E6DF30"),
            stack="Identity",
            count=_user_pools,
        )


def _compare(demand: Demand, aws: Aws) -> Check:
    room = Room(
        limit=limit_of(demand.quota, aws),
        used=demand.count(aws),
        at_once=demand.needed,
        at_most=demand.needed,
    )
    return check_room(demand.quota, room, aws.region)


def _roles(aws: Aws) -> Check:
    summary = aws.client("iam").get_account_summary()["SummaryMap"]
    room = Room(limit=summary["RolesQuota"], used=summary["Roles"], at_once=ROLES, at_most=ROLES)
    quota = Quota(name="IAM roles", service="iam", code="L-FE177D64")
    return check_room(quota, room, aws.home)


def _nodes(deployment: Deployment, aws: Aws) -> Iterator[Check]:
    needs = needs_of(deployment, describe_sizes(aws, types_of(deployment)))
    used = vcpus_in_use(aws, cluster=deployment.cluster_name)
    for quota, need in needs.by_quota.items():
        yield aws.look(quota.name, partial(_vcpus, quota, need, used[quota], aws))
    if needs.unknown:
        yield unseen(
            "vCPUs of other types",
            f"which quota counts {', '.join(needs.unknown)} is not known here",
            "look at it in the console: Service Quotas, Amazon EC2",
        )


def _vcpus(quota: Quota, need: Need, used: int, aws: Aws) -> Check:
    room = Room(limit=limit_of(quota, aws), used=used, at_once=need.at_once, at_most=need.at_most)
    return check_room(quota, room, aws.region, lower=f"lower {' or '.join(need.fields)}")


def _count(aws: Aws, service: str, operation: str, key: str) -> int:
    pages = aws.client(service).get_paginator(operation).paginate()
    return sum(len(page[key]) for page in pages)


def _nat_gateways(aws: Aws, zones: Sequence[str]) -> int:
    """Of the zone that has most of them."""
    client = aws.client("ec2")
    states = [{"Name": "state", "Values": ["pending", "available", "deleting"]}]
    pages = client.get_paginator("describe_nat_gateways").paginate(Filter=states)
    subnets = [gateway["SubnetId"] for page in pages for gateway in page["NatGateways"]]
    if not subnets:
        return 0
    answer = client.describe_subnets(SubnetIds=sorted(set(subnets)))["Subnets"]
    zone_of = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in answer}
    counts = Counter(zone_of[subnet] for subnet in subnets)
    return max(counts[zone] for zone in zones)


def _lustre(aws: Aws, kind: LustreType) -> list[int]:
    """Sizes, in GiB, of the file systems that one quota counts."""
    types = {
        LustreType.PERSISTENT_2: {"PERSISTENT_2"},
        LustreType.SCRATCH_2: {"SCRATCH_1", "SCRATCH_2"},
    }[kind]
    pages = aws.client("fsx").get_paginator("describe_file_systems").paginate()
    return [
        each["StorageCapacity"]
        for page in pages
        for each in page["FileSystems"]
        if each.get("LustreConfiguration", {}).get("DeploymentType") in types
    ]


def _load_balancers(aws: Aws) -> int:
    pages = aws.client("elbv2").get_paginator("describe_load_balancers").paginate()
    return sum(each["Type"] == "application" for page in pages for each in page["LoadBalancers"])


def _reserved_executions(aws: Aws) -> int:
    """What other functions keep for themselves; what runs now ends soon."""
    limit = aws.client("lambda").get_account_settings()["AccountLimit"]
    return int(limit["ConcurrentExecutions"] - limit["UnreservedConcurrentExecutions"])


def _user_pools(aws: Aws) -> int:
    # The API wants a size of the pages.
    pages = aws.client("cognito-idp").get_paginator("list_user_pools").paginate(MaxResults=60)
    return sum(len(page["UserPools"]) for page in pages)
