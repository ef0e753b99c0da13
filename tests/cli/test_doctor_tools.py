"""What the doctor says of the machine that would deploy."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.tools import LEAST_PYTHON, Machine, Run, check_tools, run_program
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import UpstreamLock, load_lock
from kubeflow_aws.upstream.source_places import linked_tree, source_tree
from kubeflow_aws.upstream.tools import Tools
from tests.cli.doctor_answers import troubles
from tests.support.deployments import variation

PROGRAMS = {"node": "v24.19.0\n", "cdk": "2.1148.1 (build 1a2b3c4)\n", "git": "git version 2.39.5"}


def saying(programs: Mapping[str, str]) -> Run:
    def run(command: Sequence[str]) -> str:
        if command[0] not in programs:
            raise OSError(f"{command[0]}: no such program")
        return programs[command[0]]

    return run


@pytest.fixture
def machine(project: Path, tmp_path: Path) -> Machine:
    """A machine with all tools and a mirror."""
    (tmp_path / "manifests").mkdir()
    for file in ("package.json", "manifests/upstream.lock.yaml"):
        shutil.copyfile(project / file, tmp_path / file)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    for source in lock_of(tmp_path).sources.values():
        (mirror / source.archive).touch()
    return Machine(
        project=tmp_path,
        python="3.11.7",
        node="24.19.0",
        run=saying(PROGRAMS),
        find_tools=found_tools,
        mirror=mirror,
    )


def lock_of(project: Path) -> UpstreamLock:
    return load_lock(project / "manifests" / "upstream.lock.yaml")


def found_tools(version: KubernetesVersion) -> Tools:
    return Tools(kubectl=Path("kubectl"), helm=Path("helm"), versions=f"of {version.minor}")


def test_a_machine_with_all_tools_passes(machine: Machine, vanilla: Deployment) -> None:
    checks = list(check_tools(vanilla, machine))

    assert troubles(checks) == {}
    assert len(checks) == 6


def test_an_old_python_is_a_failure(machine: Machine, vanilla: Deployment) -> None:
    found = troubles(check_tools(vanilla, replace(machine, python="3.10.14")))

    assert list(found) == ["Python"]
    assert found["Python"][0] is Severity.FAILURE


def test_the_least_python_is_that_of_the_project(project: Path) -> None:
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))

    assert settings["project"]["requires-python"] == f">={'.'.join(map(str, LEAST_PYTHON))}"


@pytest.mark.parametrize(
    ("program", "name", "severity"),
    [
        ("node", "Node.js", Severity.FAILURE),
        ("cdk", "CDK CLI", Severity.FAILURE),
        ("git", "git", Severity.WARNING),
    ],
)
def test_a_program_that_does_not_run_is_named(
    program: str, name: str, severity: Severity, machine: Machine, vanilla: Deployment
) -> None:
    others = {each: text for each, text in PROGRAMS.items() if each != program}

    found = troubles(check_tools(vanilla, replace(machine, run=saying(others))))

    assert list(found) == [name]
    assert found[name][:2] == (severity, f"does not run: {program}: no such program")


def test_another_node_is_a_warning(machine: Machine, vanilla: Deployment) -> None:
    run = saying(PROGRAMS | {"node": "v20.11.1\n"})

    found = troubles(check_tools(vanilla, replace(machine, run=run)))

    assert found["Node.js"][0] is Severity.WARNING
    assert "24.19.0 is pinned" in found["Node.js"][1]


def test_another_cdk_is_a_failure(machine: Machine, vanilla: Deployment, project: Path) -> None:
    pinned = json.loads((project / "package.json").read_text())["devDependencies"]["aws-cdk"]
    run = saying(PROGRAMS | {"cdk": "3.0.0 (build 5e6f7a8)\n"})

    found = troubles(check_tools(vanilla, replace(machine, run=run)))

    assert found["CDK CLI"][0] is Severity.FAILURE
    assert f"others than {pinned}" in found["CDK CLI"][1]


def test_missing_kubectl_is_a_failure(machine: Machine, vanilla: Deployment) -> None:
    def missing(version: KubernetesVersion) -> Tools:
        raise UserError(f"no kubectl for {version.minor}")

    found = troubles(check_tools(vanilla, replace(machine, find_tools=missing)))

    assert found == {"kubectl and helm": (Severity.FAILURE, "no kubectl for 1.35", "make install")}


class TestSources:
    """Where upstream's sources would come from."""

    def test_the_cache_goes_before_the_mirror(self, machine: Machine, vanilla: Deployment) -> None:
        lock = lock_of(machine.project)
        source_tree("jobset", lock.sources["jobset"], machine.cache).mkdir(parents=True)

        found = {check.name: check.found for check in check_tools(vanilla, machine)}

        rest = len(lock.sources) - 1
        assert found["Upstream sources"] == f"1 from the cache, {rest} from the mirror"

    def test_a_whole_cache_needs_nothing_else(self, machine: Machine, vanilla: Deployment) -> None:
        lock = lock_of(machine.project)
        linked_tree(lock, machine.cache).mkdir(parents=True)
        offline = variation(vanilla, {"upstream": {"offline": True}})

        assert troubles(check_tools(offline, replace(machine, mirror=None))) == {}

    def test_the_network_is_not_counted_as_fine(
        self, machine: Machine, vanilla: Deployment
    ) -> None:
        found = troubles(check_tools(vanilla, replace(machine, mirror=None)))

        assert found["Upstream sources"][0] is Severity.UNSEEN
        assert "make mirror" in found["Upstream sources"][2]

    def test_offline_without_a_mirror_is_a_failure(
        self, machine: Machine, vanilla: Deployment
    ) -> None:
        offline = variation(vanilla, {"upstream": {"offline": True}})

        found = troubles(check_tools(offline, replace(machine, mirror=None)))

        assert found["Upstream sources"][0] is Severity.FAILURE
        assert "jobset" in found["Upstream sources"][1]

    def test_a_mirror_of_the_file_lies_in_the_project(
        self, machine: Machine, vanilla: Deployment
    ) -> None:
        mirrored = variation(vanilla, {"upstream": {"mirror": "mirror"}})

        assert troubles(check_tools(mirrored, replace(machine, mirror=None))) == {}

    def test_a_mirror_that_is_not_there_is_a_failure(
        self, machine: Machine, vanilla: Deployment
    ) -> None:
        nowhere = replace(machine, mirror=machine.project / "nowhere")

        assert troubles(check_tools(vanilla, nowhere))["Upstream sources"][0] is Severity.FAILURE


class TestPrograms:
    """Programs of this machine."""

    def test_what_a_program_says_is_returned(self) -> None:
        assert run_program(["sh", "-c", "echo here"]) == "here\n"

    @pytest.mark.parametrize("command", [["no-such-program"], ["sh", "-c", "exit 3"]])
    def test_a_program_that_fails_is_an_os_error(self, command: list[str]) -> None:
        with pytest.raises(OSError, match=r"no-such-program|exit status 3"):
            run_program(command)
