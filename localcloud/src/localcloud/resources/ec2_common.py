"""What providers of EC2 types share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list

retag: Setting = retagging(
    lambda request, resource, tags: request.client("ec2").create_tags(
        Resources=[tagged_id(resource)], Tags=tag_list(tags)
    ),
    lambda request, resource, keys: request.client("ec2").delete_tags(
        Resources=[tagged_id(resource)], Tags=[{"Key": key} for key in keys]
    ),
)
"""Tags of anything in EC2; one pair of operations serves all its types."""


def tagged_id(resource: Resource) -> str:
    """The id under which EC2 knows a resource: an address is Ref'd by another."""
    return str(resource.attributes.get("AllocationId", resource.physical_id))


def flag(operation: str, id_argument: str, name: str, *, default: bool) -> Setting:
    """A setting for a boolean that has an operation call to itself.

    Args:
        operation: For example ``modify_vpc_attribute``.
        id_argument: The operation's argument for the resource's id.
        name: Of the property and of the argument.
        default: What a removed property goes back to.
    """

    def setting(request: Request, resource: Resource, old: Properties) -> None:
        del old
        value = str(request.properties.get(name, default)).lower() == "true"
        modify: Callable[..., Any] = getattr(request.client("ec2"), operation)
        modify(**{id_argument: resource.physical_id, name: {"Value": value}})

    return setting


class Ec2Provider(SettingsProvider):
    """A provider of something that EC2 deletes by its id.

    Attributes:
        deletion: The operation and its argument for the id.
    """

    settings: ClassVar[Mapping[str, Setting]] = {"Tags": retag}
    deletion: ClassVar[tuple[str, str]]

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete it by its id."""
        operation, argument = self.deletion
        name = tagged_id(resource)
        with missing_is_fine():
            getattr(request.client("ec2"), operation)(
                **{argument: [name] if argument.endswith("Ids") else name}
            )
