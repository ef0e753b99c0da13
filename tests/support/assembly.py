"""Synthesizes a deployment in process and reads the templates as CloudFormation would."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from kubeflow_aws.assembly.templates import GATE_TYPE, MANIFEST_TYPE, objects_in
from kubeflow_aws.checks import add_checks
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.floors import load_floors
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from stacks.build import build
from stacks.build_delivery import build_delivery

PROJECT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"

Template = dict[str, Any]
"""A CloudFormation template; its form is CloudFormation's own."""


@dataclass(frozen=True)
class Assembly:
    """A synthesized app.

    Attributes:
        folder: Where it lies.
        templates: Every template by its file's name without the ending.
    """

    folder: Path
    templates: dict[str, Template]

    def stack(self, name: str) -> Template:
        """The template of a stack, for example ``Cluster``."""
        [template] = [t for n, t in self.templates.items() if n.endswith(name)]
        return template

    def nested(self, name: str) -> Template:
        """The template of a nested stack, for example ``ComponentsIstio``."""
        [template] = [t for n, t in self.templates.items() if n[:-8].endswith(name)]
        return template

    def objects(self) -> Iterator[KubernetesObject]:
        """Every Kubernetes object that any stack applies."""
        for template in self.templates.values():
            yield from objects_in(template)


def synthesize(deployment: Deployment, platform: Platform, folder: Path) -> Assembly:
    """Build and synthesize with the feature flags of cdk.json."""
    app = new_app(folder)
    build(app, deployment, platform, ACCOUNT)
    app.synth()
    return read_assembly(folder)


@dataclass(frozen=True)
class CheckedAssembly:
    """A synthesized app, and what the checks found in it.

    Attributes:
        assembly: The app.
        findings: One line of rule and construct each.
    """

    assembly: Assembly
    findings: list[str]


def checked(deployment: Deployment, platform: Platform, folder: Path) -> CheckedAssembly:
    """Build, synthesize and check."""
    found = findings(deployment, platform, folder)
    return CheckedAssembly(assembly=read_assembly(folder), findings=found)


def checked_delivery(
    delivery: Delivery, contents: Sequence[tuple[Deployment, Platform]], file: str, folder: Path
) -> CheckedAssembly:
    """Build, synthesize and check a pipeline with all that it deploys."""
    app = new_app(folder)
    production = build_delivery(app, delivery, contents, file)
    found = _findings(app, folder, production)
    return CheckedAssembly(assembly=read_assembly(folder), findings=found)


def findings(deployment: Deployment, platform: Platform, folder: Path) -> list[str]:
    """What the checks find: one line of rule and construct each."""
    app = new_app(folder)
    build(app, deployment, platform, ACCOUNT)
    return _findings(app, folder, [app] if deployment.is_production else [])


def _findings(app: cdk.App, folder: Path, production: Sequence[cdk.Stage]) -> list[str]:
    add_checks(app, floors=load_floors(PROJECT / "manifests" / FLOORS_FILE), production=production)
    with contextlib.suppress(RuntimeError):  # jsii wraps ValidationFailed; the report says more
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    return [
        f"{violation['ruleName']} at {resource.get('constructPath')}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for resource in violation["violatingConstructs"]
    ]


def new_app(folder: Path) -> cdk.App:
    """An app with the context of cdk.json, which only the CLI reads by itself."""
    context = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]
    return cdk.App(context=context, outdir=str(folder))


def read_assembly(folder: Path) -> Assembly:
    """All templates of a folder."""
    return Assembly(
        folder=folder,
        templates={
            file.name.partition(".")[0]: json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob("*.template.json"))
        },
    )


def resources(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """The resources of one type by logical id."""
    return {
        logical_id: resource
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == resource_type
    }


def only(template: Template, resource_type: str) -> dict[str, Any]:
    """The one resource of a type."""
    [resource] = resources(template, resource_type).values()
    return resource


def applies(template: Template) -> dict[str, dict[str, Any]]:
    """The packs of a template by logical id."""
    return resources(template, MANIFEST_TYPE)


def gates(template: Template) -> dict[str, dict[str, Any]]:
    """The readiness gates of a template by logical id."""
    return resources(template, GATE_TYPE)
