"""What a role may do in the bucket of artifacts."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam

from kubeflow_aws.artifacts.store import ArtifactStore


def may_read(store: ArtifactStore, region: str, *, objects: str) -> list[iam.PolicyStatement]:
    """Read objects.

    Args:
        store: The bucket.
        region: Its region.
        objects: Pattern of their keys.
    """
    return [
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{store.bucket_arn}/{objects}"]),
        _key(store, region, "kms:Decrypt"),
    ]


def may_use_folders(
    store: ArtifactStore, region: str, folders: Sequence[str]
) -> list[iam.PolicyStatement]:
    """Read, write, delete and list what is in some folders, and nothing else.

    Args:
        store: The bucket.
        region: Its region.
        folders: Beginnings of keys, without the slash behind them.
    """
    return [
        iam.PolicyStatement(
            actions=[
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=[f"{store.bucket_arn}/{folder}/*" for folder in folders],
        ),
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[store.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{folder}/*" for folder in folders]}},
        ),
        iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[store.bucket_arn]),
        _key(store, region, "kms:Decrypt", "kms:GenerateDataKey"),
    ]


def _key(store: ArtifactStore, region: str, *actions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=list(actions),
        resources=[store.key_arn],
        conditions={"StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"}},
    )
