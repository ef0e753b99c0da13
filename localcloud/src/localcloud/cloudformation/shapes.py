"""Stacks, resources and events in the shapes of the CloudFormation API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localcloud.cloudformation.stack import Event, Stack, StackResource
from localcloud.cloudformation.template import Template


def given(**members: object) -> dict[str, Any]:
    """A shape without the members that have no value."""
    return {name: value for name, value in members.items() if value is not None}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the API lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def parameter_list(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as the API lists them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def stack_shape(stack: Stack) -> dict[str, Any]:
    """A ``Stack``."""
    root = {"RootId": _root(stack), "ParentId": stack.parent_id} if stack.parent_id else {}
    return {
        **stack_summary(stack),
        **root,
        **given(ChangeSetId=stack.change_set_id, RoleARN=stack.role_arn),
        "Capabilities": stack.capabilities,
        "DisableRollback": stack.disable_rollback,
        "EnableTerminationProtection": stack.termination_protection,
        "NotificationARNs": [],
        "Outputs": [
            given(
                OutputKey=name,
                OutputValue=output.value,
                Description=output.description,
            )
            for name, output in stack.outputs.items()
        ],
        "Parameters": parameter_list(_shown(stack)),
        "RollbackConfiguration": {},
        "Tags": tag_list(stack.tags),
    }


def stack_summary(stack: Stack) -> dict[str, Any]:
    """A ``StackSummary``."""
    return given(
        StackId=stack.id,
        StackName=stack.name,
        CreationTime=stack.created,
        DeletionTime=stack.deleted,
        LastUpdatedTime=stack.updated,
        ParentId=stack.parent_id,
        StackStatus=stack.status,
        StackStatusReason=stack.reason,
        TemplateDescription=stack.template.description,
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
    )


def resource_shape(stack: Stack, resource: StackResource) -> dict[str, Any]:
    """What ``StackResource``, its summary and its detail have in common, and their times."""
    return given(
        StackId=stack.id,
        StackName=stack.name,
        LogicalResourceId=resource.logical_id,
        PhysicalResourceId=resource.physical_id or None,
        ResourceType=resource.type,
        ResourceStatus=resource.status,
        ResourceStatusReason=resource.reason,
        Timestamp=resource.updated,
        LastUpdatedTimestamp=resource.updated,
    )


def event_shape(stack: Stack, event: Event) -> dict[str, Any]:
    """A ``StackEvent``."""
    return given(
        StackId=stack.id,
        StackName=stack.name,
        EventId=event.event_id,
        LogicalResourceId=event.logical_id,
        PhysicalResourceId=event.physical_id,
        ResourceType=event.resource_type,
        ResourceStatus=event.status,
        ResourceStatusReason=event.reason,
        Timestamp=event.timestamp,
    )


def template_summary(template: Template) -> dict[str, Any]:
    """What GetTemplateSummary tells of a template."""
    return {
        "Parameters": [
            given(
                ParameterKey=name,
                ParameterType=str(declaration.get("Type", "String")),
                DefaultValue=declaration.get("Default"),
                Description=declaration.get("Description"),
            )
            for name, declaration in template.parameters.items()
        ],
        "ResourceTypes": sorted({resource.type for resource in template.resources.values()}),
    }


def _shown(stack: Stack) -> dict[str, str]:
    declared = stack.template.parameters
    return {
        name: "****" if str(declared.get(name, {}).get("NoEcho", "")).lower() == "true" else value
        for name, value in stack.given_parameters.items()
    }


def _root(stack: Stack) -> str | None:
    # The application nests stacks one level deep, and a stack does not know its grandparent.
    return stack.parent_id
