"""The switch `database` and the `rds` section: where metadata is kept."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kubeflow_aws.deployment.section import Section, growing, lasting


class Database(StrEnum):
    """Where Pipelines and Katib keep their metadata."""

    RDS = "rds"
    IN_CLUSTER = "in-cluster"


MAJOR_VERSION: Final = "8.4"
DEFAULT_VERSION: Final = f"{MAJOR_VERSION}.8"

INSTANCE_FAMILIES: Final = (
    *("m5", "m5d", "m6g", "m6gd", "m6i", "m6id", "m7g", "m7i", "m8g", "m8gd"),
    *("r5", "r5b", "r5d", "r6g", "r6gd", "r6i", "r6id", "r7g", "r7i", "r8g", "r8gd"),
    *("t3", "t4g", "x2g", "x2idn", "x2iedn"),
)
"""Families that run MySQL 8.4, all of them Multi-AZ too (RDS User Guide, "DB instance classes")."""

WITHOUT_PERFORMANCE_INSIGHTS: Final = frozenset(
    {"db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"}
)
"""Too small for it (RDS User Guide, "Overview of Performance Insights")."""


def _instance_class(value: str) -> str:
    family = value.split(".")[1]
    if family not in INSTANCE_FAMILIES:
        raise ValueError(
            f"found {value}; MySQL 8.4 runs, on one zone or more, on db.t4g.medium, db.m7g.large "
            f"and other sizes of the families {', '.join(INSTANCE_FAMILIES)}"
        )
    return value


InstanceClass = Annotated[
    str,
    StringConstraints(pattern=r"^db\.[a-z0-9]+\.(micro|small|medium|large|[0-9]{0,2}xlarge)$"),
    AfterValidator(_instance_class),
]


class RdsSettings(Section):
    """An instance of RDS for MySQL; what is left out depends on `environment`."""

    instance_class: InstanceClass | None = Field(
        default=None, description="db.m7g.large in production, db.t4g.medium otherwise."
    )
    engine_version: Annotated[str, StringConstraints(pattern=r"^8\.4\.[0-9]+$")] | None = Field(
        default=None,
        description=f"Minor version of MySQL {MAJOR_VERSION}; {DEFAULT_VERSION} for a new "
        "database, the snapshot's own for one that is made from a snapshot.",
        json_schema_extra=growing("RDS takes no database back to an older version"),
    )
    multi_az: bool | None = Field(
        default=None, description="A standby in another zone; on in production."
    )
    storage_gib: int = Field(
        default=20,
        ge=20,
        le=65_536,
        description="Storage at first.",
        json_schema_extra=growing("RDS makes no storage smaller"),
    )
    max_storage_gib: int = Field(
        default=200, ge=22, le=65_536, description="How far the storage may grow by itself."
    )
    backup_retention_days: int | None = Field(
        default=None, ge=0, le=35, description="14 in production, 1 otherwise; 0 for no backups."
    )
    snapshot: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:snapshot:)?(rds:|awsbackup:)?"
                r"[A-Za-z][A-Za-z0-9-]*$",
                max_length=255,
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="Make the database from this snapshot, which must be encrypted. It stays in "
        "the file as long as the database lives: without it CloudFormation would replace the "
        "database by an empty one.",
        json_schema_extra=lasting(
            "CloudFormation would replace the database, and its records with it"
        ),
    )
    rotation_days: int = Field(
        default=30, ge=1, le=365, description="Days between two passwords of an application."
    )

    def class_of(self, *, production: bool) -> str:
        """The instance class in force: the file's, or the environment's."""
        return self.instance_class or ("db.m7g.large" if production else "db.t4g.medium")

    @property
    def version(self) -> str | None:
        """The version to ask RDS for; None for the snapshot's own.

        RDS upgrades minor versions itself, and makes no database from a snapshot in a version
        before the snapshot's (RDS User Guide, "Restoring to a DB instance").
        """
        if self.engine_version is None and self.snapshot is None:
            return DEFAULT_VERSION
        return self.engine_version

    @model_validator(mode="after")
    def _storage_can_grow(self) -> Self:
        # Storage autoscaling wants a tenth more (RDS User Guide, "Managing capacity
        # automatically").
        if self.max_storage_gib * 10 < self.storage_gib * 11:
            raise ValueError(
                f"max_storage_gib is {self.max_storage_gib}, but storage_gib is "
                f"{self.storage_gib}; RDS wants it a tenth larger at least, so give "
                f"{-(-self.storage_gib * 11 // 10)} or more"
            )
        return self
