"""The Kubernetes objects that stacks apply: those of a cloud assembly, and those deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from kubeflow_aws.assembly.stacks import (
    Template,
    nested_files,
    nested_in,
    read_template,
    stacks_in_order,
)
from kubeflow_aws.assembly.templates import MANIFEST_TYPE, objects_in
from kubeflow_aws.changes.object_changes import Components
from kubeflow_aws.deployment.lasting import LASTING_KEY
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, ObjectKey, key_of

GONE: Final = frozenset({"DELETE_COMPLETE", "DELETE_IN_PROGRESS"})
RELEASE_OUTPUT: Final = "KubeflowRelease"


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """One object, and what becomes of it without its pack.

    Attributes:
        content: The object; what only CloudFormation knows stands as a token.
        pack: The pack's stack and logical id.
        retained: Whether it stays when its pack goes.
    """

    content: KubernetesObject
    pack: tuple[str, str]
    retained: bool


@dataclass(kw_only=True, slots=True)
class Contents:
    """What stacks apply to the cluster.

    Attributes:
        applied: The objects by component.
        release: Kubeflow's release, if one of the stacks says so.
        lasting: What of the deployment file cannot change, as the stacks keep it.
    """

    applied: dict[str, list[Applied]] = field(default_factory=dict)
    release: str | None = None
    lasting: dict[str, str] = field(default_factory=dict)

    @property
    def components(self) -> Components:
        """The objects by component, for a comparison."""
        return {name: [each.content for each in all_] for name, all_ in self.applied.items()}

    def find(self, key: ObjectKey) -> Applied:
        """The object with a key."""
        for all_ in self.applied.values():
            for each in all_:
                if key_of(each.content) == key:
                    return each
        raise KeyError(str(key))

    def packs(self) -> set[tuple[str, str]]:
        """All packs."""
        return {each.pack for all_ in self.applied.values() for each in all_}

    def add(self, stack: str, component: str, template: Template) -> None:
        """Take what one template applies, the release that it names, and what it says lasts.

        Args:
            stack: Name of the stack, the same before and after a deployment.
            component: What the objects belong to.
            template: The template.
        """
        output = template.get("Outputs", {}).get(RELEASE_OUTPUT, {}).get("Value")
        if isinstance(output, str):
            self.release = output
        self.lasting |= template.get("Metadata", {}).get(LASTING_KEY, {})
        for logical_id, resource in template.get("Resources", {}).items():
            if resource["Type"] == MANIFEST_TYPE:
                alone = {"Resources": {logical_id: resource}}
                self.applied.setdefault(component, []).extend(
                    Applied(
                        content=item,
                        pack=(f"{stack}/{component}", logical_id),
                        retained=resource.get("DeletionPolicy") == "Retain",
                    )
                    for item in objects_in(alone)
                )


def synthesized(assembly: Path) -> Contents:
    """What the stacks of a cloud assembly apply.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    contents = Contents()
    for stack in stacks_in_order(assembly):
        contents.add(stack.name, "platform", read_template(assembly / stack.file))
        for logical_id, below in nested_files(assembly, stack.file).items():
            contents.add(stack.name, component_of(logical_id), read_template(below))
    return contents


def deployed(client: Any, stacks: Sequence[str]) -> Contents:
    """What stacks apply as they are deployed; nothing for those that are not.

    Args:
        client: A boto3 client of CloudFormation; boto3 makes its class at run time.
        stacks: Their names.
    """
    contents = Contents()
    for name in stacks:
        template = _deployed_template(client, name)
        if template is None:
            continue
        contents.add(name, "platform", template)
        for logical_id, _ in nested_in(template):
            [resource] = client.describe_stack_resources(
                StackName=name, LogicalResourceId=logical_id
            )["StackResources"]
            if resource["ResourceStatus"] in GONE or "PhysicalResourceId" not in resource:
                # A deployment that failed and was rolled back, before it came to this one or after.
                continue
            below = _deployed_template(client, resource["PhysicalResourceId"])
            if below is not None:
                contents.add(name, component_of(logical_id), below)
    return contents


def component_of(logical_id: str) -> str:
    """The component of a nested stack: `ComponentsIstioNestedStack...` is istio."""
    name = logical_id.partition("NestedStack")[0]
    for group in ("Components", "Services"):
        name = name.removeprefix(group) or name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _deployed_template(client: Any, stack: str) -> Template | None:
    try:
        body = client.get_template(StackName=stack)["TemplateBody"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    if not body:
        # A change set was made for the stack, and never executed.
        return None
    return json.loads(body) if isinstance(body, str) else dict(body)
