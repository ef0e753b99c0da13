"""The actions of the CloudFormation API, from parameters to an answer's members."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.cloudformation import shapes
from localcloud.cloudformation.change_sets import ChangeSet, is_unchanged
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.errors import CloudFormationError
from localcloud.cloudformation.operation import Target
from localcloud.cloudformation.parameters import check_parameters
from localcloud.cloudformation.stack import Stack
from localcloud.cloudformation.template import MAX_INLINE_BYTES, Template, parse

_NOT_UPDATABLE: Final = frozenset(
    {"CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_FAILED"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of the API.

    Attributes:
        account: Whose stacks.
        region: Which region's.
        parameters: The request's members; boto's wire format leaves their types to each action.
    """

    account: str
    region: str
    parameters: Mapping[str, Any]

    def text(self, name: str) -> str:
        """A member that must be there."""
        value = self.parameters.get(name)
        if not value:
            raise CloudFormationError(f"{name} is required")
        return str(value)

    def flag(self, name: str) -> bool:
        """A boolean member."""
        return str(self.parameters.get(name, "")).lower() == "true"

    def items(self, name: str) -> list[Any]:
        """A list member."""
        return list(self.parameters.get(name) or [])


class CloudFormationApi:
    """Answers calls from an engine's stacks.

    Args:
        engine: Runs the operations.

    Attributes:
        actions: The actions that there are, by name.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stacks = engine.environment.stacks
        self._change_sets: dict[str, ChangeSet] = {}
        self.actions: Mapping[str, Callable[[Call], dict[str, Any]]] = {
            "CreateChangeSet": self._create_change_set,
            "CreateStack": self._create_stack,
            "DeleteChangeSet": self._delete_change_set,
            "DeleteStack": self._delete_stack,
            "DescribeChangeSet": lambda call: self._change_set(call).shape(),
            "DescribeEvents": lambda _: {"OperationEvents": []},
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackResources": self._describe_stack_resources,
            "DescribeStacks": self._describe_stacks,
            "ExecuteChangeSet": self._execute_change_set,
            "GetTemplate": self._get_template,
            "GetTemplateSummary": self._get_template_summary,
            "ListChangeSets": self._list_change_sets,
            "ListStackResources": self._list_stack_resources,
            "ListStacks": self._list_stacks,
            "UpdateStack": self._update_stack,
            "UpdateTerminationProtection": self._update_termination_protection,
            "ValidateTemplate": self._get_template_summary,
        }

    def _stack(self, call: Call) -> Stack:
        return self._stacks.find(call.account, call.region, call.text("StackName"))

    def _existing(self, call: Call) -> Stack | None:
        name = call.text("StackName")
        return next(
            (s for s in self._stacks.of(call.account, call.region) if s.exists and s.name == name),
            None,
        )

    def _template(self, call: Call, previous: Template | None = None) -> Template:
        if call.parameters.get("TemplateURL"):
            return parse(
                self._engine.environment.template_at(call.text("TemplateURL"), call.region)
            )
        if previous is not None and call.flag("UsePreviousTemplate"):
            return previous
        body = call.text("TemplateBody")
        if len(body.encode()) > MAX_INLINE_BYTES:
            raise CloudFormationError(
                "1 validation error detected: Value at 'templateBody' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAX_INLINE_BYTES}"
            )
        return parse(body)

    def _target(self, call: Call, stack: Stack) -> Target:
        template = self._template(call, stack.template)
        _check_capabilities(template, call.items("Capabilities"))
        given = {
            parameter["ParameterKey"]: (
                stack.given_parameters[parameter["ParameterKey"]]
                if str(parameter.get("UsePreviousValue", "")).lower() == "true"
                else str(parameter.get("ParameterValue", ""))
            )
            for parameter in call.items("Parameters")
        }
        check_parameters(template, given)
        return Target(
            template=template,
            given_parameters=given,
            tags={tag["Key"]: tag["Value"] for tag in call.items("Tags")},
            import_existing=call.flag("ImportExistingResources"),
        )

    def _new_stack(self, call: Call) -> Stack:
        return Stack(
            account=call.account,
            region=call.region,
            name=call.text("StackName"),
            capabilities=call.items("Capabilities"),
            role_arn=call.parameters.get("RoleARN"),
        )

    def _create_change_set(self, call: Call) -> dict[str, Any]:
        kind = str(call.parameters.get("ChangeSetType") or "UPDATE")
        existing = self._existing(call)
        if kind == "CREATE":
            if existing is not None and existing.status != "REVIEW_IN_PROGRESS":
                raise CloudFormationError(
                    f"Stack [{existing.name}] already exists and cannot be created again with "
                    f"the changeSet [{call.text('ChangeSetName')}]."
                )
            stack = existing or self._new_stack(call)
        else:
            stack = self._stack(call)
            _check_updatable(stack)
        target = self._target(call, stack)
        if existing is None:
            self._stacks.add(stack)
            stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
        stack.capabilities = call.items("Capabilities")
        stack.role_arn = call.parameters.get("RoleARN")
        change_set = ChangeSet(
            name=call.text("ChangeSetName"),
            kind=kind,
            stack=stack,
            target=target,
            capabilities=stack.capabilities,
        )
        self._change_sets[change_set.id] = change_set
        return {"Id": change_set.id, "StackId": stack.id}

    def _change_set(self, call: Call) -> ChangeSet:
        name = call.text("ChangeSetName")
        for change_set in reversed(self._change_sets.values()):
            stack = change_set.stack
            if name == change_set.id or (
                name == change_set.name
                and stack.exists
                and (stack.account, stack.region) == (call.account, call.region)
                and call.parameters.get("StackName") in {stack.name, stack.id}
            ):
                return change_set
        raise CloudFormationError(f"ChangeSet [{name}] does not exist", "ChangeSetNotFound")

    def _execute_change_set(self, call: Call) -> dict[str, Any]:
        change_set = self._change_set(call)
        target = change_set.execute()
        change_set.stack.disable_rollback = call.flag("DisableRollback")
        if change_set.kind == "CREATE":
            self._engine.create(change_set.stack, target)
        else:
            self._engine.update(change_set.stack, target)
        return {}

    def _delete_change_set(self, call: Call) -> dict[str, Any]:
        # Deleting what is not there is no error in this API.
        with contextlib.suppress(CloudFormationError):
            del self._change_sets[self._change_set(call).id]
        return {}

    def _list_change_sets(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        own = [c for c in self._change_sets.values() if c.stack is stack]
        return {"Summaries": [change_set.summary() for change_set in own]}

    def _create_stack(self, call: Call) -> dict[str, Any]:
        if self._existing(call) is not None:
            raise CloudFormationError(
                f"Stack [{call.text('StackName')}] already exists", "AlreadyExistsException"
            )
        if call.parameters.get("OnFailure", "ROLLBACK") != "ROLLBACK":
            raise CloudFormationError("the local cloud knows no OnFailure but ROLLBACK")
        stack = self._new_stack(call)
        target = self._target(call, stack)
        stack.disable_rollback = call.flag("DisableRollback")
        self._stacks.add(stack)
        self._engine.create(stack, target)
        return {"StackId": stack.id}

    def _update_stack(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        _check_updatable(stack)
        target = self._target(call, stack)
        if is_unchanged(stack, target):
            raise CloudFormationError("No updates are to be performed.")
        self._engine.update(stack, target)
        return {"StackId": stack.id}

    def _delete_stack(self, call: Call) -> dict[str, Any]:
        if call.items("RetainResources"):
            raise CloudFormationError("the local cloud does not know RetainResources")
        try:
            stack = self._stack(call)
        except CloudFormationError:
            return {}  # deleting what is not there is no error in this API
        if stack.parent_id:
            raise CloudFormationError(
                f"Stack {stack.name} is nested: delete its root stack {stack.parent_id} instead"
            )
        if stack.busy:
            raise CloudFormationError(
                f"Stack [{stack.name}] cannot be deleted while in status {stack.status}"
            )
        if stack.exists:
            self._engine.delete(stack)
        return {}

    def _describe_stacks(self, call: Call) -> dict[str, Any]:
        if call.parameters.get("StackName"):
            return {"Stacks": [shapes.stack_shape(self._stack(call))]}
        stacks = self._stacks.of(call.account, call.region)
        return {"Stacks": [shapes.stack_shape(stack) for stack in stacks if stack.exists]}

    def _list_stacks(self, call: Call) -> dict[str, Any]:
        wanted = call.items("StackStatusFilter")
        stacks = self._stacks.of(call.account, call.region)
        return {
            "StackSummaries": [
                shapes.stack_summary(s) for s in stacks if not wanted or s.status in wanted
            ]
        }

    def _describe_stack_events(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        return {"StackEvents": [shapes.event_shape(stack, e) for e in reversed(stack.events)]}

    def _describe_stack_resource(self, call: Call) -> dict[str, Any]:
        stack, name = self._stack(call), call.text("LogicalResourceId")
        if name not in stack.resources:
            raise CloudFormationError(f"Resource {name} does not exist for stack {stack.name}")
        return {"StackResourceDetail": shapes.resource_shape(stack, stack.resources[name])}

    def _describe_stack_resources(self, call: Call) -> dict[str, Any]:
        stack, name = self._stack(call), call.parameters.get("LogicalResourceId")
        return {
            "StackResources": [
                shapes.resource_shape(stack, resource)
                for resource in stack.resources.values()
                if not name or resource.logical_id == name
            ]
        }

    def _list_stack_resources(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        return {
            "StackResourceSummaries": [
                shapes.resource_shape(stack, resource) for resource in stack.resources.values()
            ]
        }

    def _get_template(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        return {"TemplateBody": stack.template.body, "StagesAvailable": ["Original", "Processed"]}

    def _get_template_summary(self, call: Call) -> dict[str, Any]:
        template = (
            self._stack(call).template if call.parameters.get("StackName") else self._template(call)
        )
        return shapes.template_summary(template)

    def _update_termination_protection(self, call: Call) -> dict[str, Any]:
        stack = self._stack(call)
        stack.termination_protection = call.flag("EnableTerminationProtection")
        return {"StackId": stack.id}


def _check_updatable(stack: Stack) -> None:
    if stack.busy or stack.status in _NOT_UPDATABLE:
        raise CloudFormationError(
            f"Stack:{stack.id} is in {stack.status} state and can not be updated."
        )


def _check_capabilities(template: Template, acknowledged: list[str]) -> None:
    makes_roles = any(r.type.startswith("AWS::IAM::") for r in template.resources.values())
    if makes_roles and not {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"} & set(acknowledged):
        raise CloudFormationError(
            "Requires capabilities : [CAPABILITY_IAM]", "InsufficientCapabilitiesException"
        )
