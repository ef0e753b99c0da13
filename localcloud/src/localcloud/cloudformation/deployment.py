"""Brings a stack to a template: forward, then either clean up or roll back."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from localcloud.cloudformation.deletion import delete_resource, delete_resources, request_for
from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.errors import (
    FAILURES,
    CloudFormationError,
    TemplateError,
    raise_mistakes,
)
from localcloud.cloudformation.graph import run_in_order
from localcloud.cloudformation.intrinsics import Resolver
from localcloud.cloudformation.nested_stacks import NestedStacks
from localcloud.cloudformation.operation import DeploymentError, Target
from localcloud.cloudformation.parameters import parameter_values
from localcloud.cloudformation.scope import StackScope
from localcloud.cloudformation.stack import STACK_TYPE, Output, Stack, StackResource
from localcloud.cloudformation.template import ResourceDefinition, Template
from localcloud.resources.provider import (
    CancelledError,
    NotEmulatedError,
    Resource,
    ResourceError,
)


class Deployment:
    """One operation on one stack, and on the stacks nested in it.

    Nothing is deleted before the whole tree of stacks has reached its templates, so everything
    can be rolled back until then: the root calls `run`, then `clean_up` or `roll_back`, and both
    reach down into nested stacks.

    Args:
        environment: What operations work with.
        stack: The stack; it has no resources if it is new.
        target: What it shall become.
        cancelled: Shared by all stacks of the operation; set at the first failure.
    """

    def __init__(
        self,
        environment: Environment,
        stack: Stack,
        target: Target,
        cancelled: threading.Event | None = None,
    ) -> None:
        self._environment = environment
        self._stack = stack
        self._target = target
        self._cancelled = cancelled or threading.Event()
        self._before = replace(stack, resources=dict(stack.resources), events=[])
        self._replaced: list[StackResource] = []
        self._changed: set[str] = set()
        self._imported: set[str] = set()
        self._nested = NestedStacks(
            environment,
            stack,
            lambda nested, goal: Deployment(environment, nested, goal, self._cancelled),
        )
        self._wanted: frozenset[str] = frozenset()

    def run(self) -> None:
        """Create and update resources, in parallel where their dependencies allow.

        Raises:
            DeploymentError: If the stack did not reach its template. Call `roll_back` then.
        """
        stack, template = self._stack, self._target.template
        scope = StackScope(
            stack, template, stacks=self._environment.stacks, clients=self._environment.clients
        )
        try:
            values = parameter_values(
                template, self._target.given_parameters, scope.stored_parameter
            )
            scope.know(values)
            resolver = Resolver(scope)
            wanted = {
                name: definition
                for name, definition in template.resources.items()
                if definition.condition is None or resolver.holds(definition.condition)
            }
        except CloudFormationError as error:
            raise DeploymentError(str(error)) from error
        self._wanted = frozenset(wanted)
        stack.tags = dict(self._target.tags)
        failures = run_in_order(
            {name: definition.dependencies for name, definition in wanted.items()},
            lambda name: self._bring(wanted[name], resolver),
            go_on=False,
            cancelled=self._cancelled,
        )
        raise_mistakes(failures.values())
        if failures or self._cancelled.is_set():
            raise _deployment_error(stack, failures)
        try:
            stack.outputs = _outputs(template, resolver)
        except CloudFormationError as error:
            raise DeploymentError(str(error)) from error
        stack.template = template
        stack.given_parameters = dict(self._target.given_parameters)
        stack.parameters = values

    def clean_up(self) -> None:
        """Delete what the new template has no more, and what was replaced."""
        self._nested.clean_up()
        for old in reversed(self._replaced):
            policy = old.definition.update_replace_policy
            self._try_delete(
                old, kept=policy not in ("Delete", "Snapshot"), snapshot=policy == "Snapshot"
            )
        gone = [name for name in self._stack.resources if name not in self._wanted]
        delete_resources(self._environment, self._stack, gone)

    def roll_back(self) -> None:
        """Bring everything back to what was there before `run`.

        Raises:
            DeploymentError: If something could not be brought back.
        """
        stack, before = self._stack, self._before
        stack.template, stack.given_parameters = before.template, before.given_parameters
        stack.parameters, stack.tags = before.parameters, before.tags
        stack.outputs = before.outputs
        superseded: list[StackResource] = []
        failures = run_in_order(
            {name: resource.definition.dependencies for name, resource in before.resources.items()},
            lambda name: self._bring_back(before.resources[name], superseded),
            go_on=True,
            cancelled=threading.Event(),
        )
        raise_mistakes(failures.values())
        if failures:
            raise DeploymentError(
                f"The following resource(s) failed to update: [{', '.join(sorted(failures))}]."
            )
        for new in superseded:
            self._try_delete(new, kept=new.definition.update_replace_policy == "Retain")
        for name in self._imported:
            del stack.resources[name]
        created = [name for name in stack.resources if name not in before.resources]
        left = delete_resources(self._environment, stack, created, created_now=created)
        if left and not before.resources:
            raise DeploymentError(
                f"The following resource(s) failed to delete: [{', '.join(left)}]."
            )

    def _try_delete(self, resource: StackResource, *, kept: bool, snapshot: bool = False) -> None:
        try:
            delete_resource(self._environment, self._stack, resource, kept=kept, snapshot=snapshot)
        except FAILURES:
            # As AWS: the event says so, and the stack goes on without the resource.
            return

    def _bring(self, definition: ResourceDefinition, resolver: Resolver) -> None:
        current = self._stack.resources.get(definition.logical_id)
        try:
            properties = resolver.resolve(definition.properties)
        except CloudFormationError as error:
            verb = "UPDATE" if current and current.resource else "CREATE"
            self._fail(StackResource(definition=definition), current, verb, error)
            raise
        wanted = StackResource(definition=definition, properties=properties)
        if current is None or current.resource is None:
            self._create(wanted)
        elif current.type != wanted.type:
            refusal = TemplateError(
                f"Update of resource type is not permitted. The new template modifies resource "
                f"type of the following resources: [{wanted.logical_id}]"
            )
            self._fail(wanted, current, "UPDATE", refusal)
            raise refusal
        elif current.properties != wanted.properties:
            self._update(current, wanted)
        else:
            self._stack.resources[wanted.logical_id] = replace(current, definition=definition)

    def _create(self, wanted: StackResource) -> None:
        if found := self._existing(wanted):
            self._imported.add(wanted.logical_id)
            self._stack.set_resource(replace(wanted, resource=found).marked("IMPORT_COMPLETE"))
            return
        self._stack.set_resource(wanted.marked("CREATE_IN_PROGRESS"))
        try:
            resource = self._made(wanted)
        except FAILURES as error:
            left = error.left if isinstance(error, ResourceError) else None
            self._fail(replace(wanted, resource=left), None, "CREATE", error)
            raise
        self._stack.set_resource(replace(wanted, resource=resource).marked("CREATE_COMPLETE"))

    def _existing(self, wanted: StackResource) -> Resource | None:
        """What bears the resource's name already, if the caller wants it to be imported.

        Only what would stay when the stack goes (CloudFormation User Guide, "Import AWS resources
        into a CloudFormation stack automatically"); as there, its properties stay what they are.
        """
        retained = wanted.definition.deletion_policy in ("Retain", "RetainExceptOnCreate")
        if not (self._target.import_existing and retained):
            return None
        request = request_for(self._environment, self._stack, wanted, self._cancelled)
        return self._environment.types.provider_of(wanted.type).find_existing(request)

    def _made(self, wanted: StackResource) -> Resource:
        if wanted.type == STACK_TYPE:
            return self._nested.create(wanted)
        request = request_for(self._environment, self._stack, wanted, self._cancelled)
        self._environment.types.check(request)
        return self._environment.types.provider_of(wanted.type).create(request)

    def _update(self, current: StackResource, wanted: StackResource) -> None:
        assert current.resource is not None  # noqa: S101  # the caller has seen to it
        started = replace(wanted, resource=current.resource)
        try:
            if wanted.type == STACK_TYPE:
                self._stack.set_resource(started.marked("UPDATE_IN_PROGRESS"))
                resource = self._nested.update(current, wanted)
            else:
                request = request_for(self._environment, self._stack, wanted, self._cancelled)
                self._environment.types.check(request)
                replaced = self._environment.types.replaced_by(request, current.properties)
                reason = (
                    "Requested update requires the creation of a new physical resource; hence "
                    "creating one."
                    if replaced
                    else None
                )
                self._stack.set_resource(started.marked("UPDATE_IN_PROGRESS", reason))
                provider = self._environment.types.provider_of(wanted.type)
                if replaced:
                    resource = provider.create(request)
                else:
                    self._changed.add(wanted.logical_id)
                    resource = provider.update(request, current.resource, current.properties)
        except FAILURES as error:
            if isinstance(error, NotEmulatedError):
                # Nor could it be changed back: it still is as it was.
                self._changed.discard(wanted.logical_id)
            self._fail(started, current, "UPDATE", error)
            raise
        if resource.physical_id != current.resource.physical_id:
            self._replaced.append(replace(current, definition=wanted.definition))
        self._stack.set_resource(replace(wanted, resource=resource).marked("UPDATE_COMPLETE"))

    def _fail(
        self,
        attempted: StackResource,
        current: StackResource | None,
        verb: str,
        error: Exception,
    ) -> None:
        if attempted.resource is None and current is not None:
            attempted = replace(attempted, resource=current.resource)
        reason = (
            f"Resource {'creation' if verb == 'CREATE' else 'update'} cancelled"
            if isinstance(error, CancelledError)
            else str(error)
        )
        self._stack.set_resource(attempted.marked(f"{verb}_FAILED", reason))

    def _bring_back(self, old: StackResource, superseded: list[StackResource]) -> None:
        name = old.logical_id
        current = self._stack.resources.get(name)
        if current is None or current.resource is None or old.resource is None:
            self._stack.resources[name] = old
            return
        if current.physical_id != old.physical_id:
            superseded.append(current)
            self._stack.set_resource(old.marked("UPDATE_COMPLETE"))
            return
        if name in self._nested:
            self._stack.set_resource(current.marked("UPDATE_IN_PROGRESS"))
            self._nested.roll_back(current)
            self._stack.set_resource(old.marked("UPDATE_COMPLETE"))
            return
        if name not in self._changed:
            self._stack.resources[name] = old
            return
        self._stack.set_resource(replace(current).marked("UPDATE_IN_PROGRESS"))
        request = request_for(self._environment, self._stack, old)
        try:
            resource = self._environment.types.provider_of(old.type).update(
                request, old.resource, current.properties
            )
        except FAILURES as error:
            self._fail(current, old, "UPDATE", error)
            raise
        if resource.physical_id != old.physical_id:
            superseded.append(current)
        self._stack.set_resource(replace(old, resource=resource).marked("UPDATE_COMPLETE"))


def _deployment_error(stack: Stack, failures: Mapping[str, Exception]) -> DeploymentError:
    own = sorted(n for n, error in failures.items() if not isinstance(error, CancelledError))
    if not own:
        return DeploymentError("Another stack of the operation failed.", cancelled=True)
    parts = []
    for verb in ("create", "update"):
        names = [n for n in own if stack.resources[n].status == f"{verb.upper()}_FAILED"]
        if names:
            parts.append(f"The following resource(s) failed to {verb}: [{', '.join(names)}].")
    return DeploymentError(" ".join(parts))


def _outputs(template: Template, resolver: Resolver) -> dict[str, Output]:
    outputs = {}
    for name, node in template.outputs.items():
        if node.get("Condition") and not resolver.holds(node["Condition"]):
            continue
        value: Any = resolver.resolve(node["Value"])
        if not isinstance(value, (str, int, float, bool)):
            raise TemplateError(
                f"Template format error: Output {name} is malformed. The Value field of every "
                f"Outputs member must evaluate to a String, not {json.dumps(value)[:80]}"
            )
        # An Export is read over: the CDK's bootstrap template has one, which nobody imports.
        outputs[name] = Output(value=str(value), description=node.get("Description"))
    return outputs
