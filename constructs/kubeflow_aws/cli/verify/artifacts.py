"""What a run left in S3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubeflow_aws.cli.verify.errors import VerificationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Artifact:
    """An object in the bucket.

    Attributes:
        key: Its key.
        size: Its size in bytes.
    """

    key: str
    size: int


def artifacts_of(client: Any, root: str, run: str) -> list[Artifact]:
    """The artifacts of a run.

    Args:
        client: A boto3 client of S3; boto3 makes its class at run time.
        root: Pipeline root of the namespace, for example ``s3://BUCKET/private-artifacts/NAME``.
        run: Id of the run.

    Raises:
        VerificationError: There are none, or the root is no place in S3.
    """
    scheme, _, place = root.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not bucket:
        raise VerificationError(f"the pipeline root is {root}, which is not in S3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    found = [
        Artifact(key=item["Key"], size=item["Size"])
        for page in pages
        for item in page.get("Contents", ())
        if f"/{run}/" in item["Key"]
    ]
    if not found:
        raise VerificationError(f"run {run} left nothing under {root}")
    return found
