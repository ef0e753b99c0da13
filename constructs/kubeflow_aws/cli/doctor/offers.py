"""Whether AWS offers what the deployment file names: zones, instance types, a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed, warned
from kubeflow_aws.cli.doctor.descriptions import check_descriptions
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.database import Database

WITHOUT_EKS: Final = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Ids of zones that take no subnet of a cluster (EKS User Guide, "Subnet requirements for
clusters")."""


def check_offers(deployment: Deployment, aws: Aws) -> Iterator[Check]:
    """Whether AWS offers what is to be made.

    Args:
        deployment: What would be deployed.
        aws: Credentials that work.
    """
    zones = deployment.network.zones_of(deployment.region)
    ours = deployment.network.existing is None
    yield aws.look("Availability zones", partial(_zones, zones, ours, aws))
    if deployment.cluster.existing is None:
        types = deployment.cluster.system_nodes.instance_types
        name = "Types of system nodes"
        yield aws.look(name, partial(_system_types, name, types, zones, aws))
        for pool, settings in deployment.cluster.node_pools.named().items():
            name = f"Types of pool {pool}"
            types = settings.instance_types
            yield aws.look(name, partial(_pool_types, name, pool, types, zones, aws))
        yield from check_descriptions(deployment.cluster, aws)
    if deployment.database_option is Database.RDS:
        yield aws.look("Database", partial(_database, deployment, aws))


def _zones(zones: Sequence[str], ours: bool, aws: Aws) -> Check:
    name = "Availability zones"
    answer = aws.client("ec2").describe_availability_zones()["AvailabilityZones"]
    ids = {each["ZoneName"]: each["ZoneId"] for each in answer if each["State"] == "available"}
    usable = [zone for zone, zone_id in ids.items() if zone_id not in WITHOUT_EKS]
    if not ours:
        fix = f"take subnets of {', '.join(usable)} for network.existing"
    elif len(usable) < 3:
        fix = f"{aws.region} has {len(usable)} zones for it: take another region"
    else:
        fix = f"name three zones in network.availability_zones, of {', '.join(usable)}"
    missing = [zone for zone in zones if zone not in ids]
    if missing:
        return failed(name, f"this account has no {', '.join(missing)}", fix)
    refused = [f"{zone} ({ids[zone]})" for zone in zones if ids[zone] in WITHOUT_EKS]
    if refused:
        return failed(name, f"EKS takes no subnet in {', '.join(refused)}", fix)
    return passed(name, ", ".join(f"{zone} ({ids[zone]})" for zone in zones))


def _system_types(name: str, types: Sequence[str], zones: Sequence[str], aws: Aws) -> Check:
    field = "cluster.system_nodes.instance_types"
    offered = _offered(types, zones, aws)
    bare = [zone for zone in zones if not any(zone in offered[each] for each in types)]
    if bare:
        return failed(
            name,
            f"{', '.join(bare)} offers none of {', '.join(types)}",
            f"name another type in {field}, or another zone in network.availability_zones",
        )
    partly = [each for each in types if len(offered[each]) < len(zones)]
    if partly:
        return warned(
            name,
            f"not every zone offers {', '.join(partly)}, so EKS may fail to make such nodes there",
            f"name types in {field} that all of {', '.join(zones)} offer",
        )
    return passed(name, f"all zones offer {', '.join(types)}")


def _pool_types(
    name: str, pool: str, types: Sequence[str], zones: Sequence[str], aws: Aws
) -> Check:
    offered = _offered(types, zones, aws)
    nowhere = [each for each in types if not offered[each]]
    if nowhere:
        return warned(
            name,
            f"no zone of the deployment offers {', '.join(nowhere)}",
            f"name other types in cluster.node_pools.{pool}.instance_types, or other zones in "
            "network.availability_zones",
        )
    partly = [each for each in types if len(offered[each]) < len(zones)]
    if partly:
        return passed(
            name, f"not all zones offer {', '.join(partly)}; Karpenter takes one that does"
        )
    return passed(name, f"all zones offer {', '.join(types)}")


def _offered(types: Sequence[str], zones: Sequence[str], aws: Aws) -> dict[str, set[str]]:
    """In which of the zones each type is offered."""
    pages = (
        aws.client("ec2")
        .get_paginator("describe_instance_type_offerings")
        .paginate(
            LocationType="availability-zone",
            Filters=[
                {"Name": "instance-type", "Values": list(types)},
                {"Name": "location", "Values": list(zones)},
            ],
        )
    )
    offered: dict[str, set[str]] = {each: set() for each in types}
    for page in pages:
        for offer in page["InstanceTypeOfferings"]:
            offered[offer["InstanceType"]].add(offer["Location"])
    return offered


def _database(deployment: Deployment, aws: Aws) -> Check:
    settings, client = deployment.rds, aws.client("rds")
    wanted = settings.class_of(production=deployment.is_production)
    version = settings.version
    if settings.snapshot is not None:
        snapshots = client.describe_db_snapshots(
            DBSnapshotIdentifier=settings.snapshot, IncludeShared=True
        )["DBSnapshots"]
        least = str(snapshots[0]["EngineVersion"])
        if version is not None and _order(version) < _order(least):
            return failed(
                "Database",
                f"the snapshot {settings.snapshot} is of MySQL {least}, and RDS makes no older "
                f"database of it, such as {version}",
                f"leave rds.engine_version out, or set it to {least} or a newer one",
            )
        version = version or least
    pages = client.get_paginator("describe_orderable_db_instance_options").paginate(
        Engine="mysql", EngineVersion=version, DBInstanceClass=wanted, Vpc=True
    )
    if any(page["OrderableDBInstanceOptions"] for page in pages):
        return passed("Database", f"MySQL {version} on {wanted}")
    pages = client.get_paginator("describe_db_engine_versions").paginate(
        Engine="mysql", DBParameterGroupFamily="mysql8.4"
    )
    versions = [each["EngineVersion"] for page in pages for each in page["DBEngineVersions"]]
    if version not in versions:
        return failed(
            "Database",
            f"RDS makes no MySQL {version} here (any more)",
            f"set rds.engine_version to one of {', '.join(versions)}",
        )
    return failed(
        "Database",
        f"RDS does not offer {wanted} with MySQL {version} in {deployment.region}",
        "name another rds.instance_class; `aws rds describe-orderable-db-instance-options --engine "
        f"mysql --engine-version {version} --region {deployment.region}` lists them",
    )


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
