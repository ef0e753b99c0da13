"""Each field of the deployment file, changed alone on what is deployed.

Nothing that Kubernetes refuses to change follows from it, and nothing that holds data is replaced,
unless the field says itself that it cannot change later.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from kubeflow_aws.assembly.stack_graph import outputs_read
from kubeflow_aws.changes.object_changes import changes_of
from kubeflow_aws.cli.plan.contents import Contents, synthesized
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.lasting import lasting_fields, lasting_problems
from kubeflow_aws.deployment.rules import checked
from localcloud.resources.provider import Provider
from localcloud.resources.registry import EMULATED
from localcloud.resources.schemas import ResourceSchema
from localcloud.resources.settings import SettingsProvider
from tests.support.assembly import Template, synthesize
from tests.support.field_changes import ANOTHER_DEPLOYMENT, CHANGES, everything_on, merged
from tests.support.platforms import sample_of

# Some minutes: each field is a synth of its own.
pytestmark = pytest.mark.platform

HOLD_DATA: Final = {
    "AWS::Cognito::UserPool",
    "AWS::EFS::FileSystem",
    "AWS::FSx::FileSystem",
    "AWS::KMS::Key",
    "AWS::RDS::DBInstance",
    "AWS::S3::Bucket",
}


@dataclass(frozen=True, kw_only=True)
class Synthesized:
    """A deployment, and what it applies and makes."""

    deployment: Deployment
    contents: Contents
    templates: dict[str, Template]


def made(content: Mapping[str, Any], cache: Path, folder: Path) -> Synthesized:
    deployment = checked(Deployment.model_validate_json(json.dumps(content)))
    assembly = synthesize(deployment, sample_of(deployment, cache), folder)
    found = Synthesized(
        deployment=deployment, contents=synthesized(folder), templates=assembly.templates
    )
    shutil.rmtree(folder)
    return found


@pytest.fixture(scope="session")
def deployed(sample_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return made(everything_on(), sample_cache, tmp_path_factory.mktemp("deployed"))


def replaced(before: Synthesized, after: Synthesized) -> list[str]:
    """What holds data and would be made anew, empty."""
    region = before.deployment.region
    return [
        f"{resource['Type']} {name}"
        for stack, template in before.templates.items()
        for name, resource in template.get("Resources", {}).items()
        if resource["Type"] in HOLD_DATA
        if (now := after.templates.get(stack, {}).get("Resources", {}).get(name))
        if ResourceSchema.of(resource["Type"], region).replaced_by(
            resource.get("Properties", {}), now.get("Properties", {})
        )
    ]


def read_too_early(before: Synthesized, after: Synthesized) -> list[str]:
    """What is made anew, and read by templates that stay as they are.

    A stack whose template is as before is not deployed again (`canSkipDeploy` of the CDK CLI), and
    nobody tells it that what it read has changed (CloudFormation, "Fn::GetStackOutput").
    """
    region = before.deployment.region
    unchanged = {
        reader: outputs_read(template)
        for reader, template in before.templates.items()
        if template == after.templates.get(reader)
    }
    return [
        f"{reader} reads {name} of {stack}"
        for stack, template in before.templates.items()
        for name, resource in template.get("Resources", {}).items()
        if (now := after.templates.get(stack, {}).get("Resources", {}).get(name))
        if ResourceSchema.of(resource["Type"], region).replaced_by(
            resource.get("Properties", {}), now.get("Properties", {})
        )
        for reader, outputs in unchanged.items()
        for owner, output in outputs
        if owner == stack
        if f'"{name}"' in json.dumps(before.templates[owner]["Outputs"][output]["Value"])
    ]


def not_emulated(before: Synthesized, after: Synthesized) -> list[str]:
    """Properties that change, and that the local cloud's providers refuse to update."""
    return [
        f"{resource['Type']}.{name}"
        for stack, template in before.templates.items()
        for logical_id, resource in template.get("Resources", {}).items()
        if (now := after.templates.get(stack, {}).get("Resources", {}).get(logical_id))
        for name in refused_updates(
            resource["Type"], resource.get("Properties", {}), now.get("Properties", {})
        )
    ]


def refused_updates(kind: str, before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    provider = EMULATED.get(kind)
    if not changed or provider is None:
        return set()
    if ResourceSchema.of(kind, "us-west-2").replaced_by(before, after):
        return set()
    if type(provider).update is SettingsProvider.update:
        assert isinstance(provider, SettingsProvider)
        return changed - provider.recorded - provider.settings.keys()
    return changed - provider.recorded if type(provider).update is Provider.update else set()


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_leads_to_what_can_change(
    field: str, deployed: Synthesized, sample_cache: Path, tmp_path: Path
) -> None:
    changed = made(merged(everything_on(), CHANGES[field]), sample_cache, tmp_path / "assembly")

    if field in ANOTHER_DEPLOYMENT:
        assert field in lasting_fields()
        return
    # Some fields last only beside others.
    reason = lasting_fields()[field] if field in deployed.contents.lasting else None
    if reason and not reason.grows:
        assert fields_that_last(deployed, changed) == [field]
    else:
        assert_deployable(deployed, changed)
        if reason:
            assert fields_that_last(changed, deployed) == [field]
        else:
            assert_deployable(changed, deployed)


def fields_that_last(before: Synthesized, after: Synthesized) -> list[str]:
    """The fields that cannot change, and do."""
    problems = lasting_problems(before.contents.lasting, after.contents.lasting)
    return [problem.partition(" is ")[0] for problem in problems]


def assert_deployable(before: Synthesized, after: Synthesized) -> None:
    """Whatever deployed the one can deploy the other, and nothing that it keeps is lost."""
    refused = [
        f"{each.key}: {each.refused}"
        for changes in changes_of(before.contents.components, after.contents.components)
        for each in changes.changed
        if each.refused
    ]
    assert fields_that_last(before, after) == []
    assert refused + replaced(before, after) == []
    assert not_emulated(before, after) == []
    assert read_too_early(before, after) == []
