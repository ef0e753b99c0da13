"""Kubernetes objects in templates: of a cloud assembly, and of stacks that are deployed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from kubeflow_aws.assembly.templates import MANIFEST_TYPE, objects_in, stack_artifacts
from kubeflow_aws.deployment.lasting import LASTING_KEY
from kubeflow_aws.manifests.changes import Components
from kubeflow_aws.manifests.objects import KubernetesObject, ObjectKey, key_of

Template = dict[str, Any]
"""A CloudFormation template; its form is CloudFormation's own."""

NESTED: Final = "AWS::CloudFormation::Stack"
GONE: Final = frozenset({"DELETE_COMPLETE", "DELETE_IN_PROGRESS"})
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
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


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesizedStack:
    """A stack of a cloud assembly.

    Attributes:
        name: Its name in CloudFormation.
        file: Name of its template in the assembly.
        region: Its region; a name of CDK's own where the assembly leaves it open.
        protected: Whether CloudFormation would refuse to delete it.
    """

    name: str
    file: str
    region: str
    protected: bool


def stacks_in_order(assembly: Path) -> list[SynthesizedStack]:
    """The stacks of a cloud assembly, or of a pipeline's stage in one, each after those it uses.

    Args:
        assembly: The cloud assembly.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    artifacts = stack_artifacts(assembly)
    ordered: dict[str, SynthesizedStack] = {}

    def visit(artifact_id: str) -> None:
        artifact = artifacts.get(artifact_id)
        if artifact is None or artifact_id in ordered:
            return
        for earlier in artifact.get("dependencies", ()):
            visit(earlier)
        properties = artifact["properties"]
        ordered[artifact_id] = SynthesizedStack(
            name=properties.get("stackName", artifact_id),
            file=properties["templateFile"],
            region=artifact["environment"].rpartition("/")[2],
            protected=properties.get("terminationProtection", False),
        )

    for artifact_id in artifacts:
        visit(artifact_id)
    return list(ordered.values())


def stack_names(assembly: Path) -> list[str]:
    """The stacks of a cloud assembly, or of a pipeline's stage in one.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    return [stack.name for stack in stacks_in_order(assembly)]


def synthesized(assembly: Path) -> Contents:
    """What the stacks of a cloud assembly apply.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    contents = Contents()
    for stack in stacks_in_order(assembly):
        contents.add(stack.name, "platform", _read(assembly / stack.file))
        for logical_id, below in nested_files(assembly, stack.file).items():
            contents.add(stack.name, component_of(logical_id), _read(below))
    return contents


def nested_files(assembly: Path, file: str) -> dict[str, Path]:
    """The template files of a stack's nested stacks, by logical id.

    Args:
        assembly: The cloud assembly.
        file: Name of the stack's template in it.
    """
    nested = dict(_nested(_read(assembly / file)))
    if not nested:
        return {}
    assets = _read(assembly / f"{file.removesuffix('.template.json')}.assets.json")["files"]
    found = {}
    for logical_id, resource in nested.items():
        [digest] = _DIGEST.findall(json.dumps(resource["Properties"]["TemplateURL"]))
        found[logical_id] = assembly / assets[digest]["source"]["path"]
    return found


def templates_of(assembly: Path, stack: SynthesizedStack) -> list[Template]:
    """The template of a stack, and those of its nested stacks.

    Args:
        assembly: The cloud assembly.
        stack: One of its stacks.
    """
    files = (assembly / stack.file, *nested_files(assembly, stack.file).values())
    return [_read(file) for file in files]


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
        for logical_id, _ in _nested(template):
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


def _nested(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == NESTED:
            yield logical_id, resource


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


def _read(file: Path) -> Template:
    content: Template = json.loads(file.read_text(encoding="utf-8"))
    return content
