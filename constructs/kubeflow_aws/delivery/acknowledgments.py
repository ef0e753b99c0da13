"""Why the roles that CDK Pipelines makes have wildcards: a reason for each kind, and no more.

The library writes these policies; nobody else can narrow them. What is of no kind named here
stays a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge

REASONS: Final[tuple[tuple[str, str], ...]] = (
    (
        r"Action::(s3:(Abort|DeleteObject|GetBucket|GetObject|List)|kms:(GenerateDataKey|ReEncrypt))\*",
        "The CDK's grants on the pipeline's own buckets and key, which hold nothing but sources, "
        "builds and caches.",
    ),
    (
        r"Resource::(<\w+(Artifacts|Cache|Mirror)\w+\.Arn>|arn:aws[a-z-]*:s3:::\S+eplicationbucket\w+)/\*",
        "Objects of the pipeline's own buckets are named by the build that makes them.",
    ),
    (
        r"Resource::arn:\S+:(log-group:/aws/codebuild/|report-group/)\S*",
        "Logs and reports of builds are named by CodeBuild; no build makes reports, and the logs "
        "go to a group of our own.",
    ),
)
"""What a finding looks like, in the form of cdk-nag, and why it is right."""


EVERYTHING: Final[Mapping[str, str]] = {
    "/Pipeline/Role/": "The key of a replica in another region is known by its alias alone, and an "
    "alias cannot stand in a policy (CDK Pipelines); the keys' own policies say who may use them.",
    "/Assets/": "The library lets its action that publishes files start any build of the account. "
    "Its commands stand in the pipeline, and do nothing.",
}
"""Why a role of the library has the resource `*`, by a part of its path."""


def acknowledge_pipeline_roles(pipeline: Construct) -> None:
    """Acknowledge the wildcards of all roles below a pipeline that is built.

    Args:
        pipeline: A `pipelines.CodePipeline`.
    """
    stack = cdk.Stack.of(pipeline)
    for construct in pipeline.node.find_all():
        if isinstance(construct, iam.CfnPolicy):
            document = stack.resolve(construct.policy_document)
            for finding in dict.fromkeys(_wildcards(document)):
                if reason := _reason(construct.node.path, finding):
                    acknowledge(construct, finding=f"AwsSolutions-IAM5[{finding}]", reason=reason)


def _reason(path: str, finding: str) -> str | None:
    if finding == "Resource::*":
        return next((reason for part, reason in EVERYTHING.items() if part in path), None)
    return next((reason for pattern, reason in REASONS if re.fullmatch(pattern, finding)), None)


def _wildcards(document: Mapping[str, Any]) -> Iterator[str]:
    """Actions and resources with a wildcard, written as cdk-nag does."""
    for statement in document["Statement"]:
        for what in ("Action", "Resource"):
            values = statement.get(what, [])
            for value in values if isinstance(values, list) else [values]:
                text = _text(value)
                if "*" in text:
                    yield f"{what}::{text}"


def _text(value: Any) -> str:
    """A value of a template, which has any form, with references in angle brackets."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(_text(part) for part in parts)
        case _:
            return str(value)
