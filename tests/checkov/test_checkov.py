"""checkov on templates and rendered manifests: every finding is fixed, or explained beside here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.loading import DEFAULT_DEPLOYMENT
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, CheckedAssembly
from tests.support.platforms import best_of

pytestmark = pytest.mark.upstream

Finding = tuple[str, str]
"""Id of the check, and the resource or component that breaks it."""


@pytest.fixture(scope="module")
def checkov(project: Path) -> Path:
    """Checkov in the environment that `make test-upstream` makes for it."""
    program = project / "build" / "checkov" / "bin" / "checkov"
    if not program.is_file():
        pytest.skip("checkov is not installed: make test-upstream")
    return program


@pytest.fixture(scope="module")
def explained() -> dict[str, set[Finding]]:
    """The findings that explained.yaml names, by framework."""
    file = Path(__file__).parent / "explained.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {
        framework: {(entry["check"], each) for entry in entries for each in entry["in"]}
        for framework, entries in content.items()
    }


def failed(checkov: Path, framework: str, folder: Path) -> list[dict[str, Any]]:
    command = [
        str(checkov),
        f"--directory={folder}",
        f"--framework={framework}",
        "--output=json",
        "--quiet",
        "--compact",
        "--skip-download",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 50
    checks: list[dict[str, Any]] = report["results"]["failed_checks"]
    return checks


def write_objects(platforms: Iterable[Platform], folder: Path) -> None:
    """One file a component, as `./kubeflow-aws render` writes them."""
    for number, platform in enumerate(platforms):
        for one in platform.components:
            (folder / str(number)).mkdir(exist_ok=True)
            with (folder / str(number) / f"{one.component.name}.yaml").open("w") as stream:
                yaml.dump_all(one.objects, stream, Dumper=yaml.CSafeDumper)


def test_every_finding_in_the_manifests_is_explained(
    checkov: Path,
    explained: dict[str, set[Finding]],
    upstream_platform: Platform,
    data_plane: Deployment,
    tmp_path: Path,
) -> None:
    write_objects([upstream_platform, best_of(data_plane)], tmp_path)

    found = {
        (each["check_id"], Path(each["file_path"]).stem)
        for each in failed(checkov, "kubernetes", tmp_path)
    }

    assert found == explained["manifests"]


def test_every_finding_in_the_templates_is_explained(
    checkov: Path,
    explained: dict[str, set[Finding]],
    option: Callable[[str], CheckedAssembly],
    production_assembly: Assembly,
    pipeline: CheckedAssembly,
    tmp_path: Path,
) -> None:
    for app in (option(DEFAULT_DEPLOYMENT).assembly, production_assembly, pipeline.assembly):
        folder = tmp_path / app.folder.name
        folder.mkdir()
        for file in app.folder.glob("*.template.json"):
            shutil.copy(file, folder)

    found = {
        (each["check_id"], _without_hash(each["resource"]))
        for each in failed(checkov, "cloudformation", tmp_path)
    }

    assert found == explained["templates"]


def _without_hash(resource: str) -> str:
    return re.sub(r"^AWS::\w+::\w+\.|[0-9A-F]{8}$", "", resource)
