"""Whether the connection to the repository works, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator

from kubeflow_aws.cli.aws.clients import NO_ANSWER, Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed, unseen
from kubeflow_aws.cli.delivery.branch import LOOK, NAME, check_branch
from kubeflow_aws.cli.delivery.github import Ask
from kubeflow_aws.deployment.delivery import Delivery

CONNECTION = "Connection"


def check_source(delivery: Delivery, aws: Aws, ask: Ask) -> Iterator[Check]:
    """The connection, and the branch that it reads.

    Args:
        delivery: The delivery file.
        aws: Credentials of the pipeline's account.
        ask: Asks GitHub.
    """
    arn = delivery.connection_arn
    _, _, service, region, *_ = arn.split(":")
    try:
        found = aws.client(service, region).get_connection(ConnectionArn=arn)["Connection"]
    except NO_ANSWER as error:
        yield aws.refusal(CONNECTION, error)
        yield unseen(NAME, f"where {delivery.repository} is was not found out", LOOK)
        return
    provider, status = found.get("ProviderType", "an unknown provider"), found["ConnectionStatus"]
    if status == "AVAILABLE":
        yield passed(CONNECTION, f"leads to {provider}")
    else:
        yield failed(
            CONNECTION,
            f"is {status}",
            "complete it in the console: Developer Tools, Settings, Connections",
        )
    yield check_branch(delivery, provider, ask)
