"""Refuses what a role may not do; functions run here with the credentials of their roles.

Evaluated are the actions of a role's policies, inline and attached, and of a bucket's policy; their
resources, where moto says what a request is about: buckets and objects. Not evaluated: conditions,
which count as met, resources of other services, policies of keys, secrets and queues, boundaries.
Whoever has no role here, the person at this machine, may do everything.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError, JsonRESTError
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.iam.access_control import IAMRequestBase, S3IAMRequest
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import s3_backends
from moto.sts.models import sts_backends

RIGHTS: Final[Mapping[str, str]] = {
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjects": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
}
"""The rights of calls that have another name (Service Authorization Reference, "Operations")."""

_SERVICES: Final[Mapping[str, str]] = {"monitoring": "cloudwatch"}
"""Prefixes of rights that are not the name by which requests are signed."""


def enforce_rights() -> None:
    """Let moto refuse what a role's policies do not allow."""

    def check(self: BaseResponse, request_class: type[IAMRequestBase], resource: str = "*") -> None:
        headers: dict[str, str] = self.headers
        scope = headers.get("Authorization", "").partition("Credential=")[2].split("/")
        role = _role_of(scope[0])
        if role is None:
            return
        service = _SERVICES.get(scope[3], scope[3])
        name = f"{service}:{self._get_action()}"
        if not _may(role, RIGHTS.get(name, name), resource):
            raise _refusal(self, request_class, role, name)

    setattr(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", check)  # noqa: B010


def _refusal(
    response: BaseResponse, request_class: type[IAMRequestBase], role: str, name: str
) -> Exception:
    """In the form that the service's clients understand."""
    if request_class is S3IAMRequest:
        return S3AccessDeniedError()
    if "json" in get_service_model(response.boto3_service_name).protocol:
        return JsonRESTError("AccessDeniedException", f"{role} may not {name}")
    return AccessDeniedError(user_arn=role, action=name)


def _role_of(access_key: str) -> str | None:
    """The ARN of the role that some credentials are of."""
    for partitions in sts_backends.values():
        for backend in partitions.values():
            assumed = backend.get_assumed_role_from_access_key(access_key)
            if assumed is not None:
                return str(assumed.role_arn)
    return None


def _may(role: str, right: str, resource: str) -> bool:
    if right == "sts:GetCallerIdentity":
        return True
    return any(
        _allows(statement, right, resource)
        for statement in (*_of_identity(role), *_of_bucket(role, resource))
    )


def _of_identity(role: str) -> Iterator[Mapping[str, Any]]:
    account = role.split(":")[4]
    backend = iam_backends[account]["aws"]
    found = backend.get_role(role.rpartition("/")[2])
    documents = [
        *found.policies.values(),
        *(
            version.document
            for policy in found.managed_policies.values()
            for version in policy.versions
            if version.is_default
        ),
    ]
    for document in documents:
        yield from _statements(document)


def _of_bucket(role: str, resource: str) -> Iterator[Mapping[str, Any]]:
    """What a bucket's own policy allows a role."""
    name = resource.rpartition(":")[2].partition("/")[0]
    bucket = s3_backends[role.split(":")[4]]["aws"].buckets.get(name)
    if resource == "*" or bucket is None or not bucket.policy:
        return
    for statement in _statements(bucket.policy):
        principals = statement.get("Principal")
        if isinstance(principals, dict) and role in _texts(principals.get("AWS", ())):
            yield statement


def _allows(statement: Mapping[str, Any], right: str, resource: str) -> bool:
    return (
        statement["Effect"] == "Allow"
        and any(_matches(right.lower(), each.lower()) for each in _texts(statement["Action"]))
        and (
            resource == "*"
            or any(_matches(resource, each) for each in _texts(statement["Resource"]))
        )
    )


def _statements(document: str | bytes | Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    parsed = json.loads(document) if isinstance(document, str | bytes) else document
    statements = parsed["Statement"]
    yield from statements if isinstance(statements, list) else [statements]


def _matches(text: str, pattern: str) -> bool:
    # A bracket is none of a policy's wildcards.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
