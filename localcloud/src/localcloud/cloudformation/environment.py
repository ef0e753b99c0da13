"""What operations on stacks work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from localcloud.cloudformation.errors import CloudFormationError
from localcloud.cloudformation.stack import Stacks
from localcloud.resources.provider import Clients, Properties, Provider, Request


class ResourceTypes(Protocol):
    """The resource types that the cloud knows."""

    def provider_of(self, resource_type: str) -> Provider:
        """The provider of a type.

        Raises:
            ResourceError: For a type that is not known.
        """

    def check(self, request: Request) -> None:
        """Check the request's properties.

        Raises:
            ResourceError: For one that the type does not have, or that is not emulated.
        """

    def replaced_by(self, request: Request, old: Properties) -> list[str]:
        """The changed properties that make a new resource necessary."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """What every operation is given.

    Attributes:
        stacks: All stacks.
        types: The resource types that are known.
        clients: Makes clients of the emulated services.
    """

    stacks: Stacks
    types: ResourceTypes
    clients: Clients

    def template_at(self, url: str, region: str) -> str:
        """The text of a template in S3, at a URL of either style.

        Raises:
            CloudFormationError: If it is not there.
        """
        parts = urlsplit(url)
        host, key = parts.netloc.split(":")[0], unquote(parts.path.lstrip("/"))
        if ".s3." in host:
            bucket = host.split(".s3.")[0]
        else:
            bucket, _, key = key.partition("/")
        try:
            answer = self.clients.client("s3", region).get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise CloudFormationError(f"S3 error: {url}: {error}") from error
        return str(answer["Body"].read().decode())
