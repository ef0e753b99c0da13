"""Deletes resources of a stack: in reverse order, as their policies say."""

from __future__ import annotations

import threading
from collections.abc import Collection

from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.errors import raise_mistakes, reason
from localcloud.cloudformation.graph import reversed_order, run_in_order
from localcloud.cloudformation.stack import STACK_TYPE, Stack, StackResource
from localcloud.resources.provider import Request, ResourceError


def request_for(
    environment: Environment,
    stack: Stack,
    resource: StackResource,
    cancelled: threading.Event | None = None,
) -> Request:
    """What a provider is given to work on a resource of a stack."""
    return Request(
        account=stack.account,
        region=stack.region,
        stack_id=stack.id,
        stack_name=stack.name,
        logical_id=resource.logical_id,
        resource_type=resource.type,
        properties=resource.properties,
        clients=environment.clients,
        tags=stack.tags,
        cancelled=cancelled or threading.Event(),
    )


def delete_resources(
    environment: Environment,
    stack: Stack,
    names: Collection[str],
    *,
    created_now: Collection[str] = (),
) -> list[str]:
    """Delete resources of a stack, the ones that depend on others first.

    Args:
        environment: What operations work with.
        stack: The stack.
        names: Logical ids.
        created_now: Those that this very operation made: RetainExceptOnCreate does not keep them.

    Returns:
        Logical ids of those that could not be deleted, sorted. They stay in the stack.
    """
    order = reversed_order({name: stack.resources[name].definition.dependencies for name in names})

    def delete(name: str) -> None:
        resource = stack.resources[name]
        policy = resource.definition.deletion_policy
        is_new = name in created_now
        delete_resource(
            environment,
            stack,
            resource,
            kept=policy == "Retain" or (policy == "RetainExceptOnCreate" and not is_new),
            # A rollback leaves no snapshot of what it has just made, as in CloudFormation.
            snapshot=policy == "Snapshot" and not is_new,
            is_new=is_new,
        )
        del stack.resources[name]

    failures = run_in_order(order, delete, go_on=True, cancelled=threading.Event())
    raise_mistakes(failures.values())
    return sorted(failures)


def delete_resource(
    environment: Environment,
    stack: Stack,
    resource: StackResource,
    *,
    kept: bool,
    snapshot: bool = False,
    is_new: bool = False,
) -> None:
    """Delete one physical resource, or skip it, and record that.

    Args:
        environment: What operations work with.
        stack: Its stack.
        resource: What to delete.
        kept: Skip it.
        snapshot: Take a snapshot first.
        is_new: Whether this very operation made it, with all that is in it.

    Raises:
        Exception: If it cannot be deleted; the stack then shows it as DELETE_FAILED.
    """
    if resource.resource is None:
        stack.record(resource.marked("DELETE_COMPLETE"))
        return
    if kept:
        stack.record(resource.marked("DELETE_SKIPPED"))
        return
    is_current = stack.resources.get(resource.logical_id) == resource
    going = resource.marked("DELETE_IN_PROGRESS")
    stack.record(going)
    if is_current:
        stack.resources[resource.logical_id] = going
    try:
        if resource.type == STACK_TYPE:
            _delete_nested(environment, stack, resource, is_new=is_new)
        else:
            provider = environment.types.provider_of(resource.type)
            request = request_for(environment, stack, resource)
            if snapshot:
                provider.snapshot(request, resource.resource)
            provider.delete(request, resource.resource)
    except Exception as error:
        failed = going.marked("DELETE_FAILED", reason(error))
        stack.record(failed)
        if is_current:
            stack.resources[resource.logical_id] = failed
        raise
    stack.record(going.marked("DELETE_COMPLETE"))


def delete_stack(environment: Environment, stack: Stack, *, is_new: bool = False) -> None:
    """Delete a whole stack; its status says how that ended.

    Args:
        environment: What operations work with.
        stack: The stack.
        is_new: Whether this very operation made it: see `delete_resources`.
    """
    stack.set_status("DELETE_IN_PROGRESS", None if stack.parent_id else "User Initiated")
    names = list(stack.resources)
    failed = delete_resources(environment, stack, names, created_now=names if is_new else ())
    if failed:
        stack.set_status(
            "DELETE_FAILED",
            f"The following resource(s) failed to delete: [{', '.join(failed)}].",
        )
        return
    stack.outputs = {}
    stack.set_status("DELETE_COMPLETE")


def _delete_nested(
    environment: Environment, stack: Stack, resource: StackResource, *, is_new: bool
) -> None:
    nested = environment.stacks.find(stack.account, stack.region, resource.physical_id)
    if nested.exists:
        try:
            delete_stack(environment, nested, is_new=is_new)
        except Exception as error:
            nested.set_status("DELETE_FAILED", reason(error))
            raise
    if nested.exists:
        raise ResourceError(f"Embedded stack {nested.id} was not deleted: {nested.reason}")
