"""Prices of databases, files and keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kubeflow_aws.cli.cost.charges import (
    Charge,
    Line,
    Pricer,
    Resource,
    Terms,
    Uncounted,
    priced_by_type,
)

FREE_INSIGHTS_DAYS: Final = 7
"""Performance Insights keeps a week for nothing."""


def _database(database: Resource, terms: Terms) -> Iterator[Charge]:
    properties, rates = database.properties, terms.prices.rates
    zones = 2 if properties.get("MultiAZ") else 1
    kind = properties["DBInstanceClass"]
    standby = " with a standby in another zone" if zones == 2 else ""
    yield priced_by_type(
        f"RDS {properties['Engine']} {kind}{standby}",
        terms.prices.rds.find(kind, per="hour"),
        zones * terms.assume.hours,
    )
    yield Line(
        what=f"RDS storage{standby}",
        quantity=zones * int(properties["AllocatedStorage"]),
        price=rates.rds_storage,
    )
    if properties.get("ManageMasterUserPassword"):
        yield Line(what="secret of the database's administrator", quantity=1, price=rates.secret)
    if properties.get("PerformanceInsightsRetentionPeriod", 0) > FREE_INSIGHTS_DAYS:
        yield Uncounted(
            what="Performance Insights", why=f"more than {FREE_INSIGHTS_DAYS} days cost money"
        )


def _fsx(files: Resource, terms: Terms) -> Iterator[Charge]:
    """FSx bills for the whole size, used or not."""
    lustre = files.properties["LustreConfiguration"]
    throughput = lustre.get("PerUnitStorageThroughput")
    kind = f"{lustre['DeploymentType']}/{throughput}" if throughput else lustre["DeploymentType"]
    yield priced_by_type(
        f"FSx for Lustre {kind}",
        terms.prices.fsx.find(kind, per="GB-month"),
        files.properties["StorageCapacity"],
    )


def _key(key: Resource, terms: Terms) -> Iterator[Charge]:
    """Each of the first two rotations makes a key dearer by the price of one."""
    rates, assume = terms.prices.rates, terms.assume
    rotations = assume.key_rotations if key.properties.get("EnableKeyRotation") else 0
    yield Line(what="KMS keys", quantity=1 + rotations, price=rates.key)
    yield Line(
        what="requests to KMS keys",
        quantity=assume.key_thousand_requests / 10,
        price=rates.key_requests,
        assumed=True,
    )


DATA: Final[Mapping[str, Pricer]] = {
    "AWS::FSx::FileSystem": _fsx,
    "AWS::KMS::Key": _key,
    "AWS::RDS::DBInstance": _database,
}
