"""Buckets and their policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError

from localcloud.resources.arguments import boolean, conform, document
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.s3_rules import (
    cors_rule,
    encryption_rule,
    lifecycle_rule,
    notifications,
    renamed,
)
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import tag_list, tags_of

_LONGEST_NAME: Final = 63
# S3 has deprecated operations under the short names.
_RENEWED: Final = ("bucket_lifecycle", "bucket_notification")
_NO_TARGET: Final[dict[str, Any]] = {}


def _configuration(
    name: str,
    subject: str,
    argument: str,
    translate: Callable[[Any], Any] = lambda value: value,
    without: Any = None,
) -> Setting:
    """A setting for a property that S3 keeps as a configuration of its own.

    Args:
        name: Of the property.
        subject: In the operations' names, put_SUBJECT and delete_SUBJECT.
        argument: Of the put operation.
        translate: From the property's form to S3's.
        without: What to put when the property is gone; None deletes the configuration.
    """

    def setting(request: Request, resource: Resource, old: Properties) -> None:
        del old
        client, bucket = request.client("s3"), resource.physical_id
        if name in request.properties or without is not None:
            value = translate(request.properties.get(name, without))
            method = f"put_{subject}{'_configuration' if subject in _RENEWED else ''}"
            put: Callable[..., Any] = getattr(client, method)
            operation = client.meta.method_to_api_mapping[method]
            shape = client.meta.service_model.operation_model(operation).input_shape
            put(Bucket=bucket, **conform(shape, {argument: value}))
        else:
            getattr(client, f"delete_{subject}")(Bucket=bucket)

    return setting


def _put_acl(request: Request, resource: Resource, old: Properties) -> None:
    del old
    words = request.properties.get("AccessControl", "Private")
    canned = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in words)
    request.client("s3").put_bucket_acl(Bucket=resource.physical_id, ACL=canned.removeprefix("-"))


def _put_tags(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client, tags = request.client("s3"), tags_of(request)
    if tags:
        client.put_bucket_tagging(Bucket=resource.physical_id, Tagging={"TagSet": tag_list(tags)})
    else:
        client.delete_bucket_tagging(Bucket=resource.physical_id)


def _logging(value: Properties) -> dict[str, Any]:
    if not value:
        return {}
    names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
    return {"LoggingEnabled": {"TargetPrefix": "", **renamed(value, names)}}


class Bucket(SettingsProvider):
    """``AWS::S3::Bucket``."""

    at_creation = frozenset({"BucketName", "ObjectLockEnabled"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "OwnershipControls": _configuration(
            "OwnershipControls", "bucket_ownership_controls", "OwnershipControls"
        ),
        "AccessControl": _put_acl,
        "BucketEncryption": _configuration(
            "BucketEncryption",
            "bucket_encryption",
            "ServerSideEncryptionConfiguration",
            lambda value: {
                "Rules": [encryption_rule(r) for r in value["ServerSideEncryptionConfiguration"]]
            },
        ),
        "CorsConfiguration": _configuration(
            "CorsConfiguration",
            "bucket_cors",
            "CORSConfiguration",
            lambda value: {"CORSRules": [cors_rule(rule) for rule in value["CorsRules"]]},
        ),
        "LifecycleConfiguration": _configuration(
            "LifecycleConfiguration",
            "bucket_lifecycle",
            "LifecycleConfiguration",
            lambda value: {"Rules": [lifecycle_rule(rule) for rule in value["Rules"]]},
        ),
        "LoggingConfiguration": _configuration(
            "LoggingConfiguration",
            "bucket_logging",
            "BucketLoggingStatus",
            _logging,
            without=_NO_TARGET,
        ),
        "NotificationConfiguration": _configuration(
            "NotificationConfiguration",
            "bucket_notification",
            "NotificationConfiguration",
            notifications,
            without=_NO_TARGET,
        ),
        "ObjectLockConfiguration": _configuration(
            "ObjectLockConfiguration",
            "object_lock_configuration",
            "ObjectLockConfiguration",
            without={"ObjectLockEnabled": "Enabled"},
        ),
        "PublicAccessBlockConfiguration": _configuration(
            "PublicAccessBlockConfiguration",
            "public_access_block",
            "PublicAccessBlockConfiguration",
        ),
        "Tags": _put_tags,
        "VersioningConfiguration": _configuration(
            "VersioningConfiguration",
            "bucket_versioning",
            "VersioningConfiguration",
            without={"Status": "Suspended"},
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the bucket."""
        name = request.properties.get("BucketName") or request.generated_name(
            _LONGEST_NAME, lower=True
        )
        given: dict[str, Any] = {"Bucket": name}
        if boolean(request.properties.get("ObjectLockEnabled", False)):
            given["ObjectLockEnabledForBucket"] = True
        # us-east-1 is S3's default, which its API does not let one name.
        if request.region != "us-east-1":
            given["CreateBucketConfiguration"] = {"LocationConstraint": request.region}
        elif _exists(request, name):
            # There S3 answers 200 for a bucket of one's own; CloudFormation looks first.
            raise ResourceError(f"{name} already exists")
        request.client("s3").create_bucket(**given)
        return Resource(
            physical_id=name,
            attributes={
                "Arn": f"arn:aws:s3:::{name}",
                "DomainName": f"{name}.s3.amazonaws.com",
                "DualStackDomainName": f"{name}.s3.dualstack.{request.region}.amazonaws.com",
                "RegionalDomainName": f"{name}.s3.{request.region}.amazonaws.com",
                "WebsiteURL": f"http://{name}.s3-website-{request.region}.amazonaws.com",
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the bucket, which must be empty."""
        with missing_is_fine():
            request.client("s3").delete_bucket(Bucket=resource.physical_id)


def _exists(request: Request, bucket: str) -> bool:
    try:
        request.client("s3").head_bucket(Bucket=bucket)
    except ClientError:
        return False
    return True


def _put_policy(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("s3").put_bucket_policy(
        Bucket=resource.physical_id, Policy=document(request.properties["PolicyDocument"])
    )


class BucketPolicy(SettingsProvider):
    """``AWS::S3::BucketPolicy``."""

    at_creation = frozenset({"Bucket"})
    settings: ClassVar[Mapping[str, Setting]] = {"PolicyDocument": _put_policy}

    def make(self, request: Request) -> Resource:
        """Name the policy by its bucket; it is there once its document is put."""
        return Resource(physical_id=request.properties["Bucket"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the policy."""
        with missing_is_fine():
            request.client("s3").delete_bucket_policy(Bucket=resource.physical_id)
