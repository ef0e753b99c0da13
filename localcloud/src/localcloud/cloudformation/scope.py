"""The names that a stack's template can refer to, and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.stack import Stack, Stacks
from localcloud.cloudformation.template import Node, Template
from localcloud.resources.provider import Clients


class StackScope:
    """A `Scope` over a stack in the middle of an operation.

    Args:
        stack: Its resources are the ones that Ref and Fn::GetAtt see.
        template: Of this operation.
        stacks: Where outputs of other stacks are found.
        clients: For dynamic references.
    """

    def __init__(
        self,
        stack: Stack,
        template: Template,
        *,
        stacks: Stacks,
        clients: Clients,
    ) -> None:
        self.parameters: Mapping[str, Any] = {
            "AWS::AccountId": stack.account,
            "AWS::NotificationARNs": [],
            "AWS::Partition": "aws",
            "AWS::Region": stack.region,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        self.conditions: Mapping[str, Node] = template.conditions
        self.mappings: Mapping[str, Node] = template.mappings
        self._stack = stack
        self._stacks = stacks
        self._clients = clients

    def know(self, parameters: Mapping[str, Any]) -> None:
        """Add the values of parameters."""
        self.parameters = {**self.parameters, **parameters}

    def physical_id(self, logical_id: str) -> str:
        """What Ref gives for a resource of the stack.

        Raises:
            TemplateError: If the resource does not exist, for its condition is false.
        """
        resource = self._stack.resources.get(logical_id)
        if resource is None or resource.resource is None:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{logical_id}]"
            )
        return resource.resource.physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """What Fn::GetAtt gives for a resource of the stack.

        Raises:
            TemplateError: If there is no such resource or attribute.
        """
        self.physical_id(logical_id)
        resource = self._stack.resources[logical_id]
        assert resource.resource is not None  # noqa: S101  # physical_id has seen to it
        value: Any = resource.resource.attributes
        if name in value:
            return value[name]
        for part in name.split("."):
            if not isinstance(value, Mapping) or part not in value:
                raise TemplateError(_no_attribute(logical_id, resource.type, name))
            value = value[part]
        return value

    def output(self, stack: str, name: str, region: str) -> str:
        """The value of an output of another stack of the account, in any region.

        Raises:
            TemplateError: If there is no such stack or output.
        """
        for each in self._stacks.of(self._stack.account, region):
            if each.exists and each.name == stack and name in each.outputs:
                return each.outputs[name].value
        raise TemplateError(f"Stack {stack} has no output {name} in {region}.")

    def zones(self, region: str) -> list[str]:
        """The availability zones of a region."""
        answer = self._clients.client("ec2", region).describe_availability_zones()
        return [zone["ZoneName"] for zone in answer["AvailabilityZones"]]

    def looked_up(self, service: str, key: str) -> str:
        """The value behind ``{{resolve:SERVICE:KEY}}``.

        Raises:
            TemplateError: If there is no such parameter or secret.
        """
        try:
            if service == "secretsmanager":
                return self._secret(key)
            return self.stored_parameter(key)
        except (ClientError, KeyError, ValueError) as error:
            raise TemplateError(f"{{{{resolve:{service}:{key}}}}}: {error}") from error

    def stored_parameter(self, key: str) -> str:
        """The value of a parameter of Systems Manager, ``NAME`` or ``NAME:VERSION``.

        Raises:
            TemplateError: If there is no such parameter.
        """
        client = self._clients.client("ssm", self._stack.region)
        try:
            answer = client.get_parameter(Name=key, WithDecryption=True)
        except ClientError as error:
            raise TemplateError(
                f"Unable to fetch parameters [{key}] from parameter store for this account."
            ) from error
        return str(answer["Parameter"]["Value"])

    def _secret(self, key: str) -> str:
        # SECRET:SecretString:JSON-KEY:STAGE:VERSION, where SECRET may be an ARN of seven parts.
        parts = key.split(":")
        length = 7 if key.startswith("arn:") else 1
        secret, rest = ":".join(parts[:length]), [*parts[length:], "", ""]
        client = self._clients.client("secretsmanager", self._stack.region)
        text = str(client.get_secret_value(SecretId=secret)["SecretString"])
        return str(json.loads(text)[rest[1]]) if rest[1] else text


def _no_attribute(logical_id: str, kind: str, name: str) -> str:
    if kind.startswith("Custom::"):
        return (
            f"CustomResource attribute error: Vendor response doesn't contain {name} key in "
            f"object {logical_id}"
        )
    return (
        f"Template error: resource {logical_id} ({kind}) does not support attribute type {name} "
        "in Fn::GetAtt"
    )
