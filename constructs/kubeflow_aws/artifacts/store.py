"""What the platform needs to know of the bucket of artifacts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactStore:
    """A bucket as its users see it. Values may be tokens.

    Attributes:
        bucket_name: Its name.
        bucket_arn: Its ARN.
        key_arn: Key of its objects.
        finding_name: What cdk-nag writes for `bucket_arn` in the findings of other stacks.
    """

    bucket_name: str
    bucket_arn: str
    key_arn: str
    finding_name: str
