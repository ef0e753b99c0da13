"""Whether this machine has what a deployment runs, at the versions that are pinned."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow_aws.catalog.kubernetes_versions import (
    DEFAULT_KUBERNETES_VERSION,
    KubernetesVersion,
    kubernetes_versions,
)
from kubeflow_aws.cli.checks.check import Check, failed, passed, unseen, warned
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.source_places import Place, places_of
from kubeflow_aws.upstream.tools import Tools

TIMEOUT_SECONDS: Final = 30
LEAST_PYTHON: Final = (3, 11)
"""`requires-python` of pyproject.toml."""

INSTALL: Final = "make install"
MIRROR: Final = "make mirror FOLDER=build/mirror, then export KUBEFLOW_UPSTREAM_MIRROR=build/mirror"

Run = Callable[[Sequence[str]], str]
"""Runs a program and returns what it says; raises OSError if it cannot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """The machine that would deploy.

    Attributes:
        project: The folder of this project.
        python: Version of its Python.
        node: Version of Node.js that the lock file pins.
        run: Runs its programs.
        find_tools: Finds kubectl and helm for a Kubernetes version.
        mirror: Mirror of upstream sources, if it has one.
    """

    project: Path
    python: str
    node: str
    run: Run
    find_tools: Callable[[KubernetesVersion], Tools]
    mirror: Path | None

    @property
    def cache(self) -> Path:
        """The project's cache of sources, tools and renders."""
        return self.project / "build" / "cache"


def run_program(command: Sequence[str]) -> str:
    """Run a program found on PATH.

    Raises:
        OSError: It is not there, fails, or does not end.
    """
    try:
        done = subprocess.run(  # noqa: S603  # the programs named below
            command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=True
        )
    except subprocess.SubprocessError as error:
        raise OSError(str(error)) from None
    return done.stdout


def check_tools(deployment: Deployment, machine: Machine) -> Iterator[Check]:
    """Everything that runs on this machine.

    Args:
        deployment: What would be deployed.
        machine: This machine.
    """
    yield _python(machine)
    yield _node(machine)
    yield _cdk(machine)
    yield _kubectl_and_helm(deployment, machine)
    yield _git(machine)
    yield _sources(deployment, machine)


def _python(machine: Machine) -> Check:
    if _numbers(machine.python) < LEAST_PYTHON:
        least = ".".join(map(str, LEAST_PYTHON))
        return failed(
            "Python",
            f"{machine.python}; {least} or newer is needed",
            f"make clean install PYTHON=python{least}, after removing .venv",
        )
    return passed("Python", machine.python)


def _node(machine: Machine) -> Check:
    try:
        found = machine.run(["node", "--version"]).strip().removeprefix("v")
    except OSError as error:
        return failed("Node.js", f"does not run: {error}", INSTALL)
    if found != machine.node:
        return warned(
            "Node.js",
            f"{found}, but {machine.node} is pinned and tested",
            f"{INSTALL}, and let make run the CDK, or put .venv/bin first in PATH",
        )
    return passed("Node.js", found)


def _cdk(machine: Machine) -> Check:
    package = json.loads((machine.project / "package.json").read_text(encoding="utf-8"))
    pinned = package["devDependencies"]["aws-cdk"]
    try:
        found = machine.run(["cdk", "--version"]).split()
    except OSError as error:
        return failed("CDK CLI", f"does not run: {error}", INSTALL)
    if found[:1] != [pinned]:
        return failed(
            "CDK CLI",
            f"{' '.join(found)}; others than {pinned} may refuse the assembly",
            f"{INSTALL}, and let make run it, or put node_modules/.bin first in PATH",
        )
    return passed("CDK CLI", pinned)


def _kubectl_and_helm(deployment: Deployment, machine: Machine) -> Check:
    row = kubernetes_versions()[deployment.cluster.kubernetes_version]
    # As a render does: an older layer's kustomize is too old for upstream.
    row = row if row.runs_kubeflow else kubernetes_versions()[DEFAULT_KUBERNETES_VERSION]
    try:
        return passed("kubectl and helm", machine.find_tools(row).versions)
    except UserError as error:
        return failed("kubectl and helm", str(error), INSTALL)


def _git(machine: Machine) -> Check:
    try:
        return passed("git", machine.run(["git", "--version"]).split()[-1])
    except OSError as error:
        return warned(
            "git",
            f"does not run: {error}",
            "install git; a deployment from here works without, delivery and `make hooks` do not",
        )


def _sources(deployment: Deployment, machine: Machine) -> Check:
    name, settings = "Upstream sources", deployment.upstream
    mirror = machine.mirror
    if mirror is None and settings.mirror:
        mirror = machine.project / settings.mirror
    if mirror and not mirror.is_dir():
        return failed(
            name,
            f"the mirror {mirror} is no folder",
            "correct upstream.mirror or KUBEFLOW_UPSTREAM_MIRROR",
        )
    lock = load_lock(machine.project / "manifests" / "upstream.lock.yaml")
    places = places_of(lock, cache=machine.cache, mirror=mirror)
    counts = Counter(places.values())
    found = ", ".join(f"{counts[place]} from {place}" for place in Place if counts[place])
    missing = [source for source, place in places.items() if place is Place.NETWORK]
    if not missing:
        return passed(name, found)
    if settings.offline:
        return failed(
            name,
            f"upstream.offline forbids the network, and no mirror has {', '.join(missing)}",
            f"{MIRROR}; or remove upstream.offline",
        )
    return unseen(name, f"{found}, which was not tried", f"to fetch and check them now: {MIRROR}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
