"""Each field of the deployment file, changed alone on what is deployed.

Nothing that Kubernetes refuses to change follows from it, and nothing that holds data is replaced,
unless the field says itself that it cannot change later.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import BaseModel

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.lasting import lasting_fields, lasting_problems, lasting_values
from kubeflow_aws.manifests.changes import changes_of
from localcloud.resources.provider import Provider
from localcloud.resources.registry import EMULATED
from localcloud.resources.schemas import ResourceSchema
from localcloud.resources.settings import SettingsProvider
from operations.plan.templates import Contents, synthesized
from tests.support.assembly import Template, synthesize
from tests.support.platforms import sample_of

# Some minutes: each field is a synth of its own.
pytestmark = pytest.mark.platform

CHANGES: Final[Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("changes.yaml").read_text(encoding="utf-8")
)
ANOTHER_DEPLOYMENT: Final = {
    "name",
    "account",
    "region",
    # What somebody else made cannot be compared with what this project makes.
    "cluster.existing",
    "network.existing",
}
WITHOUT_EFFECT: Final = {
    # Where the sources are.
    "upstream",
    # A name for switches that have changes of their own.
    "preset",
    # Off only where a cluster exists already.
    "components.cert_manager",
    "components.load_balancer_controller",
}

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


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment file with another value of a field."""
    return {
        **base,
        **{
            key: merged(base[key], value)
            if isinstance(value, dict) and isinstance(base.get(key), dict)
            else value
            for key, value in change.items()
        },
    }


def made(content: Mapping[str, Any], cache: Path, folder: Path) -> Synthesized:
    deployment = Deployment.model_validate_json(json.dumps(content))
    assembly = synthesize(deployment, sample_of(deployment, cache), folder)
    found = Synthesized(
        deployment=deployment, contents=synthesized(folder), templates=assembly.templates
    )
    shutil.rmtree(folder)
    return found


@pytest.fixture(scope="session")
def everything(project: Path) -> dict[str, Any]:
    """The deployment file with everything on."""
    text = (project / "tests" / "support" / "data-plane.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


@pytest.fixture(scope="session")
def deployed(
    everything: dict[str, Any], sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Synthesized:
    return made(everything, sample_cache, tmp_path_factory.mktemp("deployed"))


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
    field: str,
    deployed: Synthesized,
    everything: dict[str, Any],
    sample_cache: Path,
    tmp_path: Path,
) -> None:
    changed = made(merged(everything, CHANGES[field]), sample_cache, tmp_path / "assembly")

    problems = lasting_problems(deployed.contents.lasting, changed.contents.lasting)
    refused = [
        f"{each.key}: {each.refused}"
        for changes in changes_of(deployed.contents.components, changed.contents.components)
        for each in changes.changed
        if each.refused
    ]

    reason = lasting_fields().get(field)
    if field in ANOTHER_DEPLOYMENT:
        assert reason
    elif reason and not reason.grows:
        assert [problem.partition(" is ")[0] for problem in problems] == [field]
    else:
        assert problems == []
        assert refused + replaced(deployed, changed) == []
        assert not_emulated(deployed, changed) == []


def fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """All fields of the deployment file that hold no section themselves."""
    for name, field in model.model_fields.items():
        below = sections_of(field.annotation)
        if not below:
            yield f"{path}{name}"
        for section, is_list in below:
            yield from fields(section, f"{path}{name}{'[]' if is_list else ''}.")


def sections_of(annotation: Any) -> list[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, False)]
    is_list = getattr(annotation, "__origin__", None) is tuple
    return [
        (section, is_list or below)
        for choice in getattr(annotation, "__args__", ())
        for section, below in sections_of(choice)
    ]


def test_every_field_is_changed_once() -> None:
    """A new field has to be tried, or to say that it cannot change."""
    names = {*CHANGES, *ANOTHER_DEPLOYMENT, *WITHOUT_EFFECT}
    known = {name.replace("[]", "") for name in names}

    def is_known(field: str) -> bool:
        plain = field.replace("[]", "")
        return any(f"{plain}.".startswith(f"{name}.") for name in known)

    assert [field for field in fields(Deployment) if not is_known(field)] == []


class TestWhatCannotChange:
    """What the platform's template keeps, and what a plan says of it."""

    def lasting(self, everything: Mapping[str, Any], change: Mapping[str, Any]) -> Any:
        content = json.dumps(merged(everything, change))
        return lasting_values(Deployment.model_validate_json(content))

    def test_the_sentence_says_what_is_deployed_and_why(self, everything: dict[str, Any]) -> None:
        change = {"storage": {"efs": {"storage_class": "shared"}}}

        [problem] = lasting_problems(self.lasting(everything, {}), self.lasting(everything, change))

        assert problem == (
            "storage.efs.storage_class is efs in what is deployed, and shared in the file: it "
            "cannot change later, since the profiles' claims `shared` name it, and a claim keeps "
            "its class; give efs"
        )

    @pytest.mark.parametrize(
        ("before", "after", "count"), [(2400, 4800, 0), (4800, 2400, 1), (2400, 2400, 0)]
    )
    def test_what_grows_may_grow(
        self, before: int, after: int, count: int, everything: dict[str, Any]
    ) -> None:
        old, new = (
            self.lasting(everything, {"storage": {"fsx": {"storage_gib": size}}})
            for size in (before, after)
        )

        assert len(lasting_problems(old, new)) == count

    def test_a_newer_version_is_larger_than_one_that_sorts_behind_it(
        self, everything: dict[str, Any]
    ) -> None:
        old, new = (
            self.lasting(everything, {"rds": {"engine_version": version}})
            for version in ("8.4.9", "8.4.10")
        )

        assert lasting_problems(old, new) == []
        assert lasting_problems(new, old) != []

    @pytest.mark.parametrize(
        "change",
        [
            {"storage": {"fsx": {"throughput": 125, "type": "persistent-2"}}},
            {"network": {"availability_zones": ["us-west-2a", "us-west-2b", "us-west-2c"]}},
            {"storage": {"efs": {"storage_class": "efs"}}},
        ],
        ids=["fsx", "zones", "efs"],
    )
    def test_a_default_may_be_written_out(
        self, change: dict[str, Any], everything: dict[str, Any]
    ) -> None:
        assert self.lasting(everything, change) == self.lasting(everything, {})

    @pytest.mark.parametrize(
        ("change", "gone"),
        [
            ({"storage": {"fsx": {"enabled": False}}}, "storage.fsx."),
            ({"storage": {"efs": {"enabled": False}}}, "storage.efs."),
            ({"database": "in-cluster"}, "rds."),
            (CHANGES["artifacts"], "s3."),
        ],
        ids=["fsx", "efs", "rds", "s3"],
    )
    def test_what_is_switched_off_binds_nobody(
        self, change: dict[str, Any], gone: str, everything: dict[str, Any]
    ) -> None:
        def of_it(found: Mapping[str, str]) -> list[str]:
            return [field for field in found if field.startswith(gone)]

        assert of_it(self.lasting(everything, {}))
        assert of_it(self.lasting(everything, change)) == []

    def test_what_an_older_version_did_not_keep_is_not_compared(
        self, everything: dict[str, Any]
    ) -> None:
        assert lasting_problems({}, self.lasting(everything, {})) == []

    def test_the_schema_says_so_where_an_editor_shows_it(self, project: Path) -> None:
        schema = json.loads((project / "docs" / "deployment.schema.json").read_text("utf-8"))
        field = schema["$defs"]["EfsSettings"]["properties"]["storage_class"]

        assert field["description"].endswith(
            "Cannot change later: the profiles' claims `shared` name it, and a claim keeps its "
            "class."
        )
