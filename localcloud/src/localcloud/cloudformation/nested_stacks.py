"""Stacks that are resources of a stack: part of its operation, in success and in failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from localcloud.cloudformation.deletion import request_for
from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.operation import DeploymentError, Operation, Target
from localcloud.cloudformation.stack import Stack, StackResource, now
from localcloud.cloudformation.template import parse
from localcloud.resources.provider import CancelledError, Properties, Resource, ResourceError


class NestedStacks:
    """The nested stacks of one stack, during one operation.

    Args:
        environment: What operations work with.
        stack: The parent.
        begin: Makes an operation on a nested stack.
    """

    def __init__(
        self,
        environment: Environment,
        stack: Stack,
        begin: Callable[[Stack, Target], Operation],
    ) -> None:
        self._environment = environment
        self._stack = stack
        self._begin = begin
        self._updates: dict[str, Operation] = {}

    def __contains__(self, logical_id: object) -> bool:
        return logical_id in self._updates

    def clean_up(self) -> None:
        """Delete what updated stacks need no more."""
        for operation in self._updates.values():
            operation.clean_up()

    def create(self, wanted: StackResource) -> Resource:
        """Create the stack behind a resource.

        Raises:
            ResourceError: If it fails; the stack is left for the rollback.
        """
        target = self._target(wanted.properties)
        nested = Stack(
            account=self._stack.account,
            region=self._stack.region,
            name=request_for(self._environment, self._stack, wanted).generated_name(128),
            parent_id=self._stack.id,
            capabilities=self._stack.capabilities,
        )
        self._environment.stacks.add(nested)
        nested.set_status("CREATE_IN_PROGRESS")
        resource = Resource(physical_id=nested.id)
        # The CDK CLI follows a nested stack from this event on.
        started = replace(wanted, resource=resource)
        self._stack.set_resource(
            started.marked("CREATE_IN_PROGRESS", "Resource creation Initiated")
        )
        operation = self._begin(nested, target)
        try:
            operation.run()
        except DeploymentError as error:
            nested.set_status("CREATE_FAILED", str(error))
            raise _embedded_error(nested, "created", error, resource) from error
        nested.set_status("CREATE_COMPLETE")
        return _nested_resource(nested)

    def update(self, current: StackResource, wanted: StackResource) -> Resource:
        """Update the stack behind a resource.

        Raises:
            ResourceError: If it fails; it is rolled back with its parent.
        """
        target = self._target(wanted.properties)
        nested = self._of(current)
        nested.updated = now()
        nested.set_status("UPDATE_IN_PROGRESS")
        operation = self._begin(nested, target)
        self._updates[wanted.logical_id] = operation
        try:
            operation.run()
        except DeploymentError as error:
            nested.set_status("UPDATE_FAILED", str(error))
            raise _embedded_error(nested, "updated", error) from error
        nested.set_status("UPDATE_COMPLETE")
        return _nested_resource(nested)

    def roll_back(self, current: StackResource) -> None:
        """Roll an update back.

        Raises:
            ResourceError: If that fails.
        """
        nested = self._of(current)
        nested.set_status("UPDATE_ROLLBACK_IN_PROGRESS")
        try:
            self._updates[current.logical_id].roll_back()
        except DeploymentError as error:
            nested.set_status("UPDATE_ROLLBACK_FAILED", str(error))
            raise ResourceError(f"Embedded stack {nested.id} was not rolled back: {error}") from (
                error
            )
        nested.set_status("UPDATE_ROLLBACK_COMPLETE")

    def _of(self, resource: StackResource) -> Stack:
        return self._environment.stacks.find(
            self._stack.account, self._stack.region, resource.physical_id
        )

    def _target(self, properties: Properties) -> Target:
        unknown = sorted(properties.keys() - {"Parameters", "Tags", "TemplateURL"})
        if unknown:
            raise ResourceError(f"the local cloud does not emulate {unknown} of a nested stack")
        body = self._environment.template_at(properties["TemplateURL"], self._stack.region)
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        return Target(
            template=parse(body),
            given_parameters={
                name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
                for name, value in properties.get("Parameters", {}).items()
            },
            tags={**self._stack.tags, **tags},
        )


def _nested_resource(nested: Stack) -> Resource:
    return Resource(
        physical_id=nested.id,
        attributes={f"Outputs.{name}": output.value for name, output in nested.outputs.items()},
    )


def _embedded_error(
    nested: Stack, verb: str, error: DeploymentError, left: Resource | None = None
) -> ResourceError:
    kind = CancelledError if error.cancelled else ResourceError
    return kind(f"Embedded stack {nested.id} was not successfully {verb}: {error}", left)
