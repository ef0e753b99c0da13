"""Change sets: what an update would do, kept until it is executed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localcloud.cloudformation.errors import CloudFormationError
from localcloud.cloudformation.operation import Target
from localcloud.cloudformation.shapes import given, parameter_list, tag_list
from localcloud.cloudformation.stack import Stack, now

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)


@dataclass(kw_only=True, eq=False)
class ChangeSet:
    """A change set of a stack.

    Attributes:
        name: Unique in its stack.
        kind: ``CREATE`` or ``UPDATE``.
        stack: The stack that it would change.
        target: What the stack would become.
        capabilities: Acknowledged by the caller.
    """

    name: str
    kind: str
    stack: Stack
    target: Target
    capabilities: list[str]
    id: str = ""
    executed: bool = False
    created: datetime = field(default_factory=now)

    def __post_init__(self) -> None:
        stack = self.stack
        self.id = (
            f"arn:aws:cloudformation:{stack.region}:{stack.account}:changeSet/{self.name}/"
            f"{uuid.uuid4()}"
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return self.kind == "UPDATE" and is_unchanged(self.stack, self.target)

    def execute(self) -> Target:
        """The target, for the one time that a change set may be executed.

        Raises:
            CloudFormationError: If it is empty or was executed before.
        """
        if self.is_empty or self.executed:
            raise CloudFormationError(
                f"ChangeSet [{self.id}] cannot be executed in its current status",
                "InvalidChangeSetStatus",
            )
        self.executed = True
        self.stack.change_set_id = self.id
        return self.target

    def summary(self) -> dict[str, Any]:
        """A ``ChangeSetSummary``."""
        available = "EXECUTE_COMPLETE" if self.executed else "AVAILABLE"
        return given(
            ChangeSetId=self.id,
            ChangeSetName=self.name,
            StackId=self.stack.id,
            StackName=self.stack.name,
            CreationTime=self.created,
            ExecutionStatus="UNAVAILABLE" if self.is_empty else available,
            Status="FAILED" if self.is_empty else "CREATE_COMPLETE",
            StatusReason=NO_CHANGES if self.is_empty else None,
        )

    def shape(self) -> dict[str, Any]:
        """What DescribeChangeSet answers."""
        return {
            **self.summary(),
            "Capabilities": self.capabilities,
            "Changes": [{"Type": "Resource", "ResourceChange": c} for c in self._changes()],
            "IncludeNestedStacks": False,
            "NotificationARNs": [],
            "Parameters": parameter_list(dict(self.target.given_parameters)),
            "RollbackConfiguration": {},
            "Tags": tag_list(self.target.tags),
        }

    def _changes(self) -> Iterator[dict[str, Any]]:
        old, new = self.stack.template.resources, self.target.template.resources
        for name in {**new, **old}:
            action = "Remove" if name not in new else "Add" if name not in old else "Modify"
            if action == "Modify" and old[name] == new[name]:
                continue
            existing = self.stack.resources.get(name)
            yield given(
                Action=action,
                LogicalResourceId=name,
                PhysicalResourceId=(existing.physical_id or None) if existing else None,
                ResourceType=(new.get(name) or old[name]).type,
                # Whether it is replaced is known when values are: not before it is executed.
                Replacement="Conditional" if action == "Modify" else None,
                Scope=["Properties"] if action == "Modify" else [],
                Details=[],
            )


def is_unchanged(stack: Stack, target: Target) -> bool:
    """Whether a stack already is what the target says."""
    return (
        dict(target.given_parameters) == stack.given_parameters
        and dict(target.tags) == stack.tags
        and (
            target.template.body == stack.template.body
            or (bool(stack.template.body) and _same(stack.template.body, target.template.body))
        )
    )


def _same(left: str, right: str) -> bool:
    try:
        return bool(json.loads(left) == json.loads(right))
    except ValueError:
        return False
