"""Functions that are deployed to the emulated Lambda, made ready to run."""

from __future__ import annotations

from typing import Any

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from localcloud.functions.runner import Answer, Function, Runner
from localcloud.resources.provider import Clients, ResourceError


class DeployedFunctions:
    """Finds functions by ARN, and runs them with the credentials of their roles.

    Args:
        runner: Runs them.
        clients: For the roles' credentials.
    """

    def __init__(self, runner: Runner, clients: Clients) -> None:
        self._runner = runner
        self._clients = clients

    def invoke(self, arn: str, event: dict[str, Any]) -> Answer:
        """Invoke a function and wait for its answer.

        Raises:
            ResourceError: If there is no such function, or one of its layers is gone.
        """
        return self._runner.run(self._function(arn), event)

    def runtime(self, arn: str) -> str:
        """The runtime of a function.

        Raises:
            ResourceError: If there is no such function.
        """
        return str(_deployed(arn).run_time)

    def _function(self, arn: str) -> Function:
        deployed = _deployed(arn)
        return Function(
            arn=deployed.function_arn,
            name=deployed.function_name,
            region=deployed.region,
            runtime=str(deployed.run_time),
            handler=str(deployed.handler),
            timeout=float(deployed.timeout),
            memory=int(deployed.memory_size),
            log_group=deployed.logs_group_name,
            environment={key: str(value) for key, value in deployed.environment_vars.items()},
            code=deployed.code_bytes,
            layers=[_layer(layer["Arn"]) for layer in deployed.layers],
            credentials=self._credentials(deployed),
        )

    def _credentials(self, deployed: LambdaFunction) -> tuple[str, str, str]:
        session = self._clients.client("sts", deployed.region).assume_role(
            RoleArn=deployed.role, RoleSessionName=deployed.function_name
        )["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]


def _deployed(arn: str) -> LambdaFunction:
    _, _, _, region, account, *_ = arn.split(":")
    try:
        return get_backend(account, region).get_function(arn)
    except UnknownFunctionException as error:
        raise ResourceError(f"Function not found: {arn}") from error


def _layer(arn: str) -> bytes:
    _, _, _, region, account, *_ = arn.split(":")
    layer = get_backend(account, region).layers_versions_by_arn(arn)
    if layer is None:
        raise ResourceError(f"Layer not found: {arn}")
    return layer.code_bytes
