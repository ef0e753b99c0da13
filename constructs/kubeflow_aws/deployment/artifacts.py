"""The switch `artifacts`, the `s3` section, and where in the bucket a profile may write."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from kubeflow_aws.deployment.section import Section, lasting


class Artifacts(StrEnum):
    """Where Pipelines keeps artifacts."""

    S3 = "s3"
    IN_CLUSTER = "in-cluster"


PROFILES_PREFIX: Final = "private-artifacts"
"""Under it every profile has a folder of its name (Pipelines 2.17, sync.py)."""

_RESERVED_STARTS: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS: Final = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an")


def _bucket_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", value):
        raise ValueError(
            f'found "{value}"; a bucket name has 3 to 63 lower-case letters, digits and hyphens, '
            "with a letter or digit at both ends (no dots: TLS certificates cover none)"
        )
    for reserved in _RESERVED_STARTS:
        if value.startswith(reserved):
            raise ValueError(f'found "{value}"; S3 keeps names that begin with {reserved}')
    for reserved in _RESERVED_ENDS:
        if value.endswith(reserved):
            raise ValueError(f'found "{value}"; S3 keeps names that end with {reserved}')
    return value


BucketName = Annotated[str, AfterValidator(_bucket_name)]
"""A name that S3 takes (S3 User Guide, "General purpose bucket naming rules")."""


def _prefix(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*", value):
        raise ValueError(
            f'found "{value}"; give folders such as teams/vision, each of letters, digits, ".", '
            '"_" and "-" with a letter or digit first, without a slash at the ends: it bounds '
            "what the profile may read and write"
        )
    return value


ArtifactsPrefix = Annotated[str, Field(max_length=200), AfterValidator(_prefix)]
"""Folders in the bucket; nothing in it means anything to IAM (``*``, ``?``, ``$``) or to a path."""


class S3Settings(Section):
    """The bucket of artifacts."""

    bucket_name: BucketName | None = Field(
        default=None,
        description="Its name, unique in all of AWS; made by AWS if left out.",
        json_schema_extra=lasting("AWS would make another bucket, without the artifacts"),
    )
    old_versions_days: int = Field(
        default=30, ge=1, le=3650, description="Days for which overwritten artifacts are kept."
    )
