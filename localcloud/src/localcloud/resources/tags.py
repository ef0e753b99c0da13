"""Tags of resources: the stack's and their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting


def tags_of(request: Request, name: str = "Tags") -> dict[str, str]:
    """All tags of a resource; its own win over the stack's.

    Args:
        request: The resource.
        name: The property with its own.
    """
    return {**request.tags, **_own(request.properties, name)}


def tag_list(
    tags: Mapping[str, str], key: str = "Key", value: str = "Value"
) -> list[dict[str, str]]:
    """Tags as most APIs take them."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_arguments(request: Request, argument: str = "Tags", name: str = "Tags") -> dict[str, Any]:
    """The argument of an operation that tags what it makes, where there is any tag.

    Args:
        request: The resource.
        argument: Its name.
        name: The property with the resource's own tags.
    """
    tags = tags_of(request, name)
    return {argument: tag_list(tags)} if tags else {}


def retagging(
    put: Callable[[Request, Resource, dict[str, str]], object],
    remove: Callable[[Request, Resource, list[str]], object],
    name: str = "Tags",
) -> Setting:
    """A setting for tags.

    Args:
        put: Adds tags or changes their values.
        remove: Removes tags with these keys.
        name: The property with the resource's own tags.
    """

    def setting(request: Request, resource: Resource, old: Properties) -> None:
        tags = tags_of(request, name)
        gone = sorted(_own(old, name).keys() - tags.keys())
        if gone:
            remove(request, resource, gone)
        if tags:
            put(request, resource, tags)

    return setting


def _own(properties: Properties, name: str) -> dict[str, str]:
    tags = properties.get(name) or {}
    if isinstance(tags, Mapping):
        return {str(name): str(value) for name, value in tags.items()}
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in tags}
