"""All resource types that the local cloud knows: services', custom ones, and CDK's metadata."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.nodes import Node
from localcloud.kubernetes.trees import Tree
from localcloud.resources.provider import Properties, Provider, Request, Resource
from localcloud.resources.registry import Coverage, Registry
from localcloud.resources.table import markdown

_CUSTOM: Final = ("Custom::", "AWS::CloudFormation::CustomResource")
_METADATA: Final = "AWS::CDK::Metadata"

OTHERS: Final = {
    "AWS::CloudFormation::Stack": "emulated: nested stacks",
    "AWS::CloudFormation::CustomResource, Custom::*": "emulated: the function's real code runs",
    _METADATA: "nothing to make",
}
"""Types that are not in the registry, and how far the local cloud goes with them."""


def coverage_of_all() -> list[Coverage]:
    """How far the local cloud goes with each type of AWS's services."""
    return Registry(kubernetes=_NoKubernetes()).coverage("us-east-1")


def table_of_all() -> str:
    """The same as a document in Markdown."""
    return markdown(Registry(kubernetes=_NoKubernetes()), "us-east-1")


class _NoKubernetes:
    """Where no cluster is ever started."""

    def start(self, account: str, region: str, name: str, version: str) -> KubernetesApi:
        raise NotImplementedError(f"{account} {region} {name} {version}")

    def stop(self, account: str, region: str, name: str) -> None:
        raise NotImplementedError(f"{account} {region} {name}")

    def define(self, account: str, region: str, name: str, definitions: Sequence[Tree]) -> None:
        raise NotImplementedError(f"{account} {region} {name} {definitions}")

    def have_nodes(
        self, account: str, region: str, name: str, group: str, nodes: Sequence[Node]
    ) -> None:
        raise NotImplementedError(f"{account} {region} {name} {group} {nodes}")


class KnownResourceTypes:
    """The resource types of one cloud.

    Args:
        registry: The types of AWS's services.
        custom_resources: Runs custom resources.
    """

    def __init__(self, registry: Registry, custom_resources: Provider) -> None:
        self._registry = registry
        self._custom_resources = custom_resources
        self._metadata = _Metadata()

    def provider_of(self, resource_type: str) -> Provider:
        """The provider of a type.

        Raises:
            ResourceError: For a type that is not known.
        """
        if resource_type.startswith(_CUSTOM):
            return self._custom_resources
        if resource_type == _METADATA:
            return self._metadata
        return self._registry.provider_of(resource_type)

    def check(self, request: Request) -> None:
        """Check the request's properties.

        Raises:
            ResourceError: For one that the type does not have, or that is not emulated.
        """
        if _has_schema(request.resource_type):
            self._registry.check(request)

    def replaced_by(self, request: Request, old: Properties) -> list[str]:
        """The changed properties that make a new resource necessary."""
        if _has_schema(request.resource_type):
            return self._registry.replaced_by(request, old)
        return []


def _has_schema(resource_type: str) -> bool:
    # A custom resource has what its function makes of it, and says itself when it was replaced.
    return not resource_type.startswith(_CUSTOM) and resource_type != _METADATA


class _Metadata(Provider):
    """What CDK tells AWS about itself; there is nothing to make."""

    recorded = frozenset({"Analytics"})

    def create(self, request: Request) -> Resource:  # noqa: ARG002  # the interface
        return Resource(physical_id=str(uuid.uuid4()))

    def delete(self, request: Request, resource: Resource) -> None:
        pass
