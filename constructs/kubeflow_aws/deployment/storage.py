"""The `storage` section: file systems that many pods share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from kubeflow_aws.deployment.section import DNS_LABEL, Section, growing, lasting

BLOCK_CLASS: Final = "gp3"
"""The default StorageClass (kubeflow_aws/cluster/storage_class.py)."""

SHARED_CLAIM: Final = "shared"
"""Claim of every profile on the file system in EFS."""

FAST_CLAIM: Final = "fast"
"""Claim of every profile on its folder in FSx for Lustre."""


class EfsSettings(Section):
    """A file system in Amazon EFS, which grows and shrinks with what is in it."""

    enabled: bool = Field(default=True, description="Whether there is one.")
    storage_class: Annotated[str, DNS_LABEL] = Field(
        default="efs",
        description="Name of the StorageClass for claims of users.",
        json_schema_extra=lasting(
            "the profiles' claims `shared` name it, and a claim keeps its class"
        ),
    )
    backups: bool | None = Field(
        default=None, description="Daily backups by AWS Backup; on in production."
    )


class LustreType(StrEnum):
    """How FSx keeps data; SCRATCH_2 keeps one copy and is for work that can be repeated."""

    PERSISTENT_2 = "persistent-2"
    SCRATCH_2 = "scratch-2"


THROUGHPUTS: Final = (125, 250, 500, 1000)
"""MB/s per TiB of PERSISTENT_2 on SSD (FSx for Lustre User Guide, "File system performance")."""


_REPLACED: Final = (
    "AWS would replace the file system by an empty one, and the profiles' volumes keep the old one"
)
"""AWS::FSx::FileSystem LustreConfiguration in the CloudFormation reference: DeploymentType and
PerUnitStorageThroughput, "Update requires: Replacement"."""


class FsxSettings(Section):
    """A file system in Amazon FSx for Lustre. AWS bills for its whole size from the first hour."""

    enabled: bool = Field(default=False, description="Whether there is one.")
    type: LustreType = Field(
        default=LustreType.PERSISTENT_2,
        description="persistent-2 or scratch-2.",
        json_schema_extra=lasting(_REPLACED),
    )
    storage_gib: int = Field(
        default=1200,
        description="Its size: 1200, 2400, or a multiple of 2400.",
        json_schema_extra=growing("FSx makes no file system smaller"),
    )
    throughput: int | None = Field(
        default=None,
        description="MB/s per TiB of persistent-2: 125 (if left out), 250, 500 or 1000.",
        json_schema_extra=lasting(_REPLACED),
    )
    link_artifacts: bool = Field(
        default=True,
        description="With artifacts: s3, show the bucket's artifacts as files, and copy new files "
        "to the bucket.",
    )
    storage_class: Annotated[str, DNS_LABEL] = Field(
        default="fsx", description="Name of the StorageClass; a claim of it is a file system more."
    )

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        settings = sorted(self.model_fields_set - {"enabled"})
        if settings and not self.enabled:
            raise ValueError(
                f"{settings[0]} is set, but there is no such file system; set enabled: true, or "
                f"remove {', '.join(settings)}"
            )
        return self

    @model_validator(mode="after")
    def _as_aws_allows(self) -> Self:
        size = self.storage_gib
        if size != 1200 and (size < 2400 or size % 2400):
            nearest = max(1, round(size / 2400)) * 2400
            raise ValueError(
                f"storage_gib is {size}, which FSx for Lustre does not sell; give 1200, 2400, or a "
                f"multiple of 2400 such as {1200 if size < 1200 else nearest}"
            )
        if self.type is LustreType.SCRATCH_2 and self.throughput is not None:
            raise ValueError(
                f"throughput is {self.throughput}, but scratch-2 has 200 MB/s per TiB and no "
                "choice; remove it, or take type: persistent-2"
            )
        if self.throughput not in {None, *THROUGHPUTS}:
            allowed = ", ".join(map(str, THROUGHPUTS))
            raise ValueError(
                f"throughput is {self.throughput} MB/s per TiB; persistent-2 has {allowed}"
            )
        return self


class Storage(Section):
    """Shared file systems, offered to notebooks, pipelines and training."""

    efs: EfsSettings = Field(default=EfsSettings(), description="Shared files in Amazon EFS.")
    fsx: FsxSettings = Field(
        default=FsxSettings(), description="Fast files in Amazon FSx for Lustre; off by default."
    )

    @model_validator(mode="after")
    def _classes_have_names_of_their_own(self) -> Self:
        taken = {BLOCK_CLASS: "the default StorageClass"}
        for name, section in (("efs", self.efs), ("fsx", self.fsx)):
            if not section.enabled:
                continue
            if section.storage_class in taken:
                raise ValueError(
                    f"{name}.storage_class is {section.storage_class}, which is the name of "
                    f"{taken[section.storage_class]}; give another"
                )
            taken[section.storage_class] = f"{name}.storage_class"
        return self
