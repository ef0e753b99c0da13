"""Stacks, their resources and events."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from localcloud.cloudformation.errors import CloudFormationError
from localcloud.cloudformation.template import EMPTY, ResourceDefinition, Template
from localcloud.resources.provider import Properties, Resource

STACK_TYPE: Final = "AWS::CloudFormation::Stack"


def now() -> datetime:
    """The time in UTC, without a zone, as moto's serializers expect it."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class StackResource:
    """A resource of a stack, as the last operation left it.

    Attributes:
        definition: The template's entry that it was made from.
        properties: Resolved.
        resource: What exists; None if it could not be created.
        status: For example ``CREATE_COMPLETE``.
        reason: Why it has that status.
        updated: When it got that status.
    """

    definition: ResourceDefinition
    properties: Properties = field(default_factory=dict)
    resource: Resource | None = None
    status: str = ""
    reason: str | None = None
    updated: datetime = field(default_factory=now)

    @property
    def logical_id(self) -> str:
        """Its name in the template."""
        return self.definition.logical_id

    @property
    def type(self) -> str:
        """For example ``AWS::S3::Bucket``."""
        return self.definition.type

    @property
    def physical_id(self) -> str:
        """What Ref gives; empty if it does not exist."""
        return self.resource.physical_id if self.resource else ""

    def marked(self, status: str, reason: str | None = None) -> StackResource:
        """The same with another status, from now."""
        return replace(self, status=status, reason=reason, updated=now())


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of a stack's history."""

    event_id: str
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str | None
    timestamp: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """A resolved output.

    Attributes:
        value: Text, as CloudFormation makes it.
        description: For people.
    """

    value: str
    description: str | None = None


@dataclass(kw_only=True, eq=False)
class Stack:
    """A stack and its history.

    Attributes:
        account: Twelve digits.
        region: For example ``us-west-2``.
        name: The stack's name.
        parent_id: The stack that it is nested in.
        id: The stack's ARN.
        template: Of the last operation that ended well.
        given_parameters: As the caller gave them.
        parameters: Values by name, after `given_parameters`.
        tags: Passed on to resources.
        resources: By logical id.
        outputs: By name.
        events: Oldest first.
        status: For example ``UPDATE_COMPLETE``.
        reason: Why it has that status.
    """

    account: str
    region: str
    name: str
    parent_id: str | None = None
    id: str = ""
    template: Template = EMPTY
    given_parameters: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    capabilities: list[str] = field(default_factory=list)
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    status: str = "REVIEW_IN_PROGRESS"
    reason: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    change_set_id: str | None = None
    role_arn: str | None = None
    disable_rollback: bool = False
    termination_protection: bool = False

    def __post_init__(self) -> None:
        self.id = (
            f"arn:aws:cloudformation:{self.region}:{self.account}:stack/{self.name}/{uuid.uuid4()}"
        )

    @property
    def exists(self) -> bool:
        """Whether it is more than history."""
        return self.status != "DELETE_COMPLETE"

    @property
    def busy(self) -> bool:
        """Whether an operation is under way."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Give the stack a status, and record it."""
        self.status, self.reason = status, reason
        if status == "DELETE_COMPLETE":
            self.deleted = now()
        self._record(self.name, self.id, STACK_TYPE, status, reason)

    def set_resource(self, resource: StackResource) -> None:
        """Replace what is known of a resource, and record its status."""
        self.resources[resource.logical_id] = resource
        self.record(resource)

    def record(self, resource: StackResource) -> None:
        """Record a resource's status without making it the one that the stack holds."""
        self._record(
            resource.logical_id,
            resource.physical_id,
            resource.type,
            resource.status,
            resource.reason,
        )

    def _record(
        self, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None
    ) -> None:
        self.events.append(
            Event(
                event_id=f"{logical_id}-{status}-{uuid.uuid4()}",
                logical_id=logical_id,
                physical_id=physical_id,
                resource_type=kind,
                status=status,
                reason=reason,
                timestamp=now(),
            )
        )


class Stacks:
    """All stacks of the cloud, deleted ones included."""

    def __init__(self) -> None:
        self._stacks: dict[str, Stack] = {}
        self.lock = threading.RLock()

    def add(self, stack: Stack) -> None:
        """Know a stack from now on."""
        with self.lock:
            self._stacks[stack.id] = stack

    def discard(self, stack: Stack) -> None:
        """Forget a stack that never became one."""
        with self.lock:
            self._stacks.pop(stack.id, None)

    def of(self, account: str, region: str) -> Iterator[Stack]:
        """The stacks of one account and region, deleted ones included."""
        with self.lock:
            stacks = list(self._stacks.values())
        return (stack for stack in stacks if (stack.account, stack.region) == (account, region))

    def all(self) -> list[Stack]:
        """The stacks of all accounts and regions, deleted ones included."""
        with self.lock:
            return list(self._stacks.values())

    def find(self, account: str, region: str, name_or_id: str) -> Stack:
        """The stack of a name (one that exists) or an id (deleted ones included).

        Raises:
            CloudFormationError: If there is none.
        """
        for stack in self.of(account, region):
            if stack.id == name_or_id or (stack.name == name_or_id and stack.exists):
                return stack
        raise CloudFormationError(f"Stack with id {name_or_id} does not exist")
