"""`kubeflow-aws plan`: what is deployed, by the AWS credentials at hand, against a new synth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import typer

from kubeflow_aws.assembly.stacks import stack_names
from kubeflow_aws.changes.object_changes import changes_of
from kubeflow_aws.changes.upgrades import Step, load_upgrades, steps_of
from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    AssemblyOption,
    DeploymentArgument,
    JsonOption,
    RoleOption,
)
from kubeflow_aws.cli.aws.session import refusals_in_a_sentence, session_of
from kubeflow_aws.cli.aws.stacks import DeployedStack, left_behind
from kubeflow_aws.cli.cdk import assembly_of
from kubeflow_aws.cli.changes import HOLDERS, change_lines, kubectl_delete, step_lines
from kubeflow_aws.cli.plan.contents import Contents, deployed, synthesized
from kubeflow_aws.cli.printing import say, say_json
from kubeflow_aws.cli.project import MANIFESTS, deployment_of
from kubeflow_aws.deployment.lasting import lasting_problems
from kubeflow_aws.objects.kubernetes_object import ObjectKey, key_of


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    assembly: AssemblyOption = None,
    role_arn: RoleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show which Kubernetes objects would change, and how.

    Compares what is deployed with a new synth, component by component, and says what is to be done
    by hand. Exits with 1 if something cannot be deployed over what is there.
    """
    settings = deployment_of(deployment)
    folder = assembly_of(deployment, assembly)
    names = stack_names(folder)
    new = synthesized(folder)
    with refusals_in_a_sentence():
        session = session_of(settings.region, role_arn)
        old = deployed(session.client("cloudformation"), names)
        left = left_behind(settings, session, names)
    notes = load_upgrades(MANIFESTS / "upgrades.yaml")
    keys = {str(key_of(each.content)) for all_ in old.applied.values() for each in all_}
    steps = steps_of(notes, old.release, new.release, keys) if old.release and new.release else []
    problems = problems_of(old, new)
    if as_json:
        found = {
            "changes": changes_of(old.components, new.components),
            "left": left,
            "problems": problems,
            "releases": {"deployed": old.release, "new": new.release},
            "steps": steps,
        }
        say_json("plan", found, ok=not problems)
    else:
        _show(old, new, left, steps)
    if problems:
        # A delivery stops here.
        raise typer.Exit(1)


def _show(old: Contents, new: Contents, left: Iterable[DeployedStack], steps: list[Step]) -> None:
    for line in [*plan_lines(old, new), *left_lines(left)]:
        say(line)
    if steps:
        say(f"\nBy hand, when Kubeflow {old.release} becomes {new.release}:")
        for line in step_lines(steps):
            say(line)


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
