"""What must hold between a delivery file and the deployment files of its stages."""

from __future__ import annotations

from collections.abc import Sequence

from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.names import STACKS


def check_delivery(delivery: Delivery, deployments: Sequence[Deployment]) -> None:
    """Each stage has stacks of its own, and nothing is approved that could be changed unapproved.

    Args:
        delivery: The delivery file.
        deployments: The deployment file of each of its stages.

    Raises:
        ValueError: A sentence about the first mistake.
    """
    seen: dict[tuple[str, str, str], str] = {}
    for stage, deployment in zip(delivery.stages, deployments, strict=True):
        where = f"stages: {stage.name}: {stage.deployment}"
        if deployment.account is None:
            raise ValueError(
                f"{where}: names no account; a pipeline has no other way to know it, so set "
                "`account` there, in quotes"
            )
        if deployment.is_production and stage.approval is False:
            raise ValueError(
                f"{where}: is production, which somebody must approve; remove `approval: false`"
            )
        taken = {f"{deployment.stack_prefix}{kind}" for kind in STACKS}
        beside = (deployment.account, deployment.region) == (delivery.account, delivery.region)
        if beside and delivery.stack_name in taken:
            raise ValueError(
                f"name: {delivery.name} makes the stack {delivery.stack_name}, which "
                f"{stage.deployment} has too; give the pipeline another `name`"
            )
        place = (deployment.account, deployment.region, deployment.name)
        if place in seen:
            raise ValueError(
                f"{where}: has the name, account and region of stage {seen[place]}, whose stacks "
                "it would overwrite; give it another `name`"
            )
        seen[place] = stage.name
    _check_accounts(delivery, deployments)


def _check_accounts(delivery: Delivery, deployments: Sequence[Deployment]) -> None:
    """Refuse a stage that could change, without approval, what waits for approval.

    A deployment makes roles, so whoever may deploy to an account may do anything in it.
    """
    stages = list(zip(delivery.stages, deployments, strict=True))
    waiting = {delivery.account: "the pipeline"}
    for stage, deployment in stages:
        if deployment.account and (stage.approval or deployment.is_production):
            waiting.setdefault(deployment.account, f"stage {stage.name}")
    for stage, deployment in stages:
        if stage.approval or deployment.is_production or deployment.account not in waiting:
            continue
        raise ValueError(
            f"stages: {stage.name}: waits for no approval, and is in account "
            f"{deployment.account}, that of {waiting[deployment.account]}: a push could do "
            "anything there; give it an account of its own, or set `approval: true`"
        )
