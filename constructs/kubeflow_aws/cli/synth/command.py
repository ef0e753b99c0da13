"""`kubeflow-aws synth`: synthesizes a deployment with all checks, and sums it up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.table import Table

from kubeflow_aws.assembly.templates import TemplateSummary, summarize
from kubeflow_aws.bump.support import SUPPORT_FILE, load_support
from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    AssemblyOption,
    DeploymentArgument,
    JsonOption,
)
from kubeflow_aws.cli.cdk import assembly_of
from kubeflow_aws.cli.printing import say, say_json, show
from kubeflow_aws.cli.project import MANIFESTS, deployment_of
from kubeflow_aws.cli.rendering import origin_of, rendered
from kubeflow_aws.cli.synth.support import support_lines


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    assembly: AssemblyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Synthesize with all checks, and print stacks and sizes.

    Writes cdk.out. Then it prints each stack with its nested stacks, the packs of Kubernetes
    objects in them, and each program whose support has ended, or soon will.
    """
    settings = deployment_of(deployment)
    templates = summarize(assembly_of(deployment, assembly))
    platform = rendered(settings)
    warnings = [
        *support_lines(platform, load_support(MANIFESTS / SUPPORT_FILE), datetime.now(UTC).date())
    ]
    if as_json:
        say_json(
            "synth",
            {"templates": templates, "origin": origin_of(platform), "warnings": warnings},
        )
        return
    show(table_of(templates, title=f"Kubeflow on AWS: deployment {deployment}"), styled=True)
    show(origin_of(platform))
    for line in warnings:
        say(line)


def table_of(templates: Sequence[TemplateSummary], *, title: str) -> Table:
    """The templates, a line each, and what they come to.

    Args:
        templates: Stacks before their nested stacks.
        title: What stands above.
    """
    table = Table(title=title, header_style="bold")
    for column in ("stack", "resources", "packs", "objects", "gates", "KB"):
        table.add_column(column, justify="left" if column == "stack" else "right", overflow="fold")
    for each in templates:
        table.add_row(
            f"  {each.name}" if each.nested else f"[bold]{each.name}[/bold]",
            *(str(count or "") for count in (each.resources, each.packs, each.objects, each.gates)),
            f"{each.size_bytes / 1000:,.0f}",
        )
    table.add_section()
    table.add_row(
        "in all",
        str(sum(each.resources for each in templates)),
        str(sum(each.packs for each in templates)),
        str(sum(each.objects for each in templates)),
        str(sum(each.gates for each in templates)),
        f"{sum(each.size_bytes for each in templates) / 1000:,.0f}",
    )
    return table
