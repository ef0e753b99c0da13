"""`kubeflow-aws destroy-plan`: from a synthesized deployment, without AWS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import groupby

from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    AssemblyOption,
    DeploymentArgument,
    JsonOption,
)
from kubeflow_aws.cli.cdk import assembly_of
from kubeflow_aws.cli.destroy_plan.removal import Left, Removal, by_others, removal_of
from kubeflow_aws.cli.printing import say, say_json
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.deployment import Deployment


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    assembly: AssemblyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a removal leaves, and what would stop it.

    The stacks in the order in which they go, what stays in the account and costs money, and what
    others than the stacks made. It asks nothing of AWS.
    """
    settings = deployment_of(deployment)
    removal = removal_of(assembly_of(deployment, assembly))
    if as_json:
        found = {field.name: getattr(removal, field.name) for field in fields(removal)}
        say_json("destroy-plan", {**found, "by_others": list(by_others(settings))})
        return
    for line in removal_lines(removal, settings):
        say(line)


def removal_lines(removal: Removal, deployment: Deployment) -> Iterator[str]:
    """The plan of a removal, line by line.

    Args:
        removal: The removal.
        deployment: What is removed.
    """
    if removal.protected:
        yield (
            "It would be refused: the stacks are protected. Deploy with "
            "`deletion_protection: false` first."
        )
    yield f"The stacks go in this order: {', '.join(removal.order)}."
    if removal.left:
        yield f"{len(removal.left)} resources stay in the account, and cost money:"
        for kind, members in groupby(sorted(removal.left, key=_kind), _kind):
            yield f"  {kind}:"
            yield from (f"    {one.stack}: {one.name}" for one in members)
        if any(one.taken for one in removal.left):
            yield "Logs and vaults keep their names: `make redeploy` takes them back."
    else:
        yield "Nothing of the stacks stays in the account."
    if deployment.cluster.existing:
        yield f"{removal.objects} Kubernetes objects stay in the cluster: namespaces and CRDs."
    yield "Not made by the stacks, so look before:"
    yield from (f"  {each}" for each in by_others(deployment))


def _kind(left: Left) -> str:
    return left.kind
