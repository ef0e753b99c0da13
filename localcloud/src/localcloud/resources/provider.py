"""What stands behind a resource type: a provider that creates, updates and deletes it."""

from __future__ import annotations

import secrets
import string
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Properties: TypeAlias = Mapping[str, Any]
"""Resolved properties. Their shapes are the registry schemas' matter; a type would say no more."""

_SUFFIX_LENGTH = 12


class ResourceError(Exception):
    """A resource could not be created, updated or deleted; the text becomes the status reason.

    Attributes:
        left: What a failed creation left, for the rollback to delete.
    """

    def __init__(self, message: str, left: Resource | None = None) -> None:
        super().__init__(message)
        self.left = left


class NotEmulatedError(ResourceError):
    """The local cloud cannot make a change that AWS could; it has not begun to."""


class CancelledError(ResourceError):
    """Something else in the stack failed, so the operation ended before this resource was done."""


class Clients(Protocol):
    """Makes clients of the emulated services."""

    def client(self, service: str, region: str) -> Any:
        """A boto3 client; boto3 makes these classes at run time, so there is no type to name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One resource of a stack in the middle of an operation.

    Attributes:
        account: Twelve digits.
        region: For example ``us-west-2``.
        stack_id: The stack's ARN.
        stack_name: The stack's name, part of generated names.
        logical_id: The resource's name in the template.
        resource_type: For example ``AWS::S3::Bucket``.
        properties: All intrinsics resolved, checked against the registry schema.
        clients: Where `client` gets them.
        tags: The stack's tags, which CloudFormation also puts on resources.
        cancelled: Set when the rest of the operation has failed: what waits should end.
    """

    account: str
    region: str
    stack_id: str
    stack_name: str
    logical_id: str
    resource_type: str
    properties: Properties
    clients: Clients
    tags: Mapping[str, str] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client for a service of this cloud, in the stack's region unless told."""
        return self.clients.client(service, region or self.region)

    def generated_name(self, limit: int = 64, *, lower: bool = False) -> str:
        """A name as CloudFormation makes it: STACK-LOGICALID-SUFFIX, cut to what a type allows."""
        suffix = "".join(
            secrets.choice(string.ascii_uppercase + string.digits) for _ in range(_SUFFIX_LENGTH)
        )
        room = limit - _SUFFIX_LENGTH - 2
        logical_id = self.logical_id[: max(room // 2, room - len(self.stack_name))]
        name = f"{self.stack_name[: room - len(logical_id)]}-{logical_id}-{suffix}"
        return name.lower() if lower else name


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource that exists.

    Attributes:
        physical_id: What ``Ref`` gives.
        attributes: What ``Fn::GetAtt`` gives, by attribute name; nested ones under dotted names.
    """

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Provider(ABC):
    """Creates, updates and deletes resources of one type through the emulated services' APIs.

    Attributes:
        applied: Properties that it passes on to the service. Tests may look at their effect there.
        recorded: Properties that are checked against the schema and kept, without an effect. A
            property that is in neither is refused: what is not emulated must not look as if.
    """

    applied: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()

    @abstractmethod
    def create(self, request: Request) -> Resource:
        """Create it.

        Raises:
            ResourceError: With a reason like AWS's. A botocore ClientError becomes one, too.
        """

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Bring it from the properties `old` to the request's; replacement is decided elsewhere.

        Raises:
            NotEmulatedError: The default: what nobody wrote must not look as if it worked.
        """
        changed = sorted(
            name
            for name in {*old, *request.properties}
            if old.get(name) != request.properties.get(name) and name not in self.recorded
        )
        if changed:
            raise NotEmulatedError(
                f"the local cloud cannot update {', '.join(changed)} of {request.resource_type}; "
                "add it to the type's provider in localcloud/resources"
            )
        return resource

    @abstractmethod
    def delete(self, request: Request, resource: Resource) -> None:
        """Delete it. One that is already gone is no error.

        Raises:
            ResourceError: With a reason like AWS's.
        """

    def find_existing(self, request: Request) -> Resource | None:
        """What bears the name that the request's properties give, for an import; none by default.

        Types whose names collide have an answer of their own.
        """
        del request
        return None

    def snapshot(self, request: Request, resource: Resource) -> None:
        """Take a snapshot before a deletion, by the policy ``Snapshot``.

        Raises:
            ResourceError: The default: most types have none.
        """
        del resource
        raise ResourceError(f"{request.resource_type} has no snapshots")
