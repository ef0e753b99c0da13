"""`make plan`: what is deployed, by the AWS credentials of this machine, against a new synth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from kubeflow_aws.cli.changes import HOLDERS, change_lines, kubectl_delete, step_lines
from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.deployment.lasting import lasting_problems
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.changes import changes_of
from kubeflow_aws.manifests.objects import ObjectKey, key_of
from kubeflow_aws.manifests.upgrades import load_upgrades, steps_of
from operations.plan.templates import Contents, deployed, stack_names, synthesized
from operations.session import session_of
from operations.stacks import DeployedStack, left_behind

PROJECT = Path(__file__).resolve().parents[2]
console = Console(soft_wrap=True, highlight=False, markup=False)


def main(
    assembly: Annotated[Path, typer.Argument(help="The cloud assembly, or a stage's in it.")],
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
    role_arn: Annotated[str | None, typer.Option(help="Role that may read the stacks.")] = None,
) -> None:
    """Show, for each component, which Kubernetes objects a deployment would change, and how."""
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        session = session_of(settings.region, role_arn)
        names = stack_names(assembly)
        new = synthesized(assembly)
        old = deployed(session.client("cloudformation"), names)
        left = left_behind(settings, session, names)
        notes = load_upgrades(PROJECT / "manifests" / "upgrades.yaml")
    except (UserError, BotoCoreError, ClientError) as error:
        console.print(f"error: {error}", style="red")
        raise typer.Exit(1) from None
    for line in [*plan_lines(old, new), *left_lines(left)]:
        console.print(line)
    keys = {str(key_of(each.content)) for all_ in old.applied.values() for each in all_}
    if old.release and new.release and (steps := steps_of(notes, old.release, new.release, keys)):
        console.print(f"\nBy hand, when Kubeflow {old.release} becomes {new.release}:")
        for line in step_lines(steps):
            console.print(line)
    if problems_of(old, new):
        # A delivery stops here.
        raise typer.Exit(1)


def problems_of(old: Contents, new: Contents) -> list[str]:
    """What cannot be deployed over what is there, one sentence each.

    Args:
        old: What is deployed.
        new: What would be.
    """
    return lasting_problems(old.lasting, new.lasting) if old.applied else []


def plan_lines(old: Contents, new: Contents) -> list[str]:
    """The plan, line by line.

    Args:
        old: What is deployed.
        new: What would be.
    """
    if not old.applied:
        count = sum(len(all_) for all_ in new.applied.values())
        return [f"Nothing is deployed: all {count} objects are new."]
    kept = new.packs()

    def fate(key: ObjectKey) -> str:
        applied = old.find(key)
        if applied.pack in kept or applied.retained:
            # Packs do not prune: docs/decisions/0005-removal.md.
            stays = "stays in the cluster"
            return stays if key.kind in HOLDERS else f"{stays}; {kubectl_delete(key)}"
        return "is deleted"

    changes = changes_of(old.components, new.components)
    problems = [f"error: {problem}" for problem in problems_of(old, new)]
    return [*problems, *change_lines(changes, fate)] or ["No Kubernetes object changes."]


def left_lines(left: Iterable[DeployedStack]) -> Iterator[str]:
    """What is said of stacks that a deployment has no more.

    Args:
        left: The stacks.
    """
    for stack in left:
        yield (
            f"The stack {stack.name} is deployed, and no longer part of this deployment: it stays, "
            "with all that it holds. When you need none of it, delete it after the deployment: "
            f"aws cloudformation delete-stack --stack-name {stack.name} --region {stack.region}"
        )


if __name__ == "__main__":
    typer.run(main)
