"""FSx: the service's record of a file system. Nothing can be mounted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from moto.fsx.models import fsx_backends

from localcloud.resources.arguments import arguments
from localcloud.resources.coercion import same
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_arguments, tag_list

_CREATION: Final = (
    "FileSystemType",
    "FileSystemTypeVersion",
    "KmsKeyId",
    "LustreConfiguration",
    "SecurityGroupIds",
    "StorageCapacity",
    "StorageType",
    "SubnetIds",
)


def _record(request: Request, resource: Resource) -> Any:
    # moto has no UpdateFileSystem.
    return fsx_backends[request.account][request.region].file_systems[resource.physical_id]


def _grow(request: Request, resource: Resource, old: Properties) -> None:
    client = request.client("fsx")
    given = arguments(client, "UpdateFileSystem", request.properties, ("StorageCapacity",))
    size, before = given["StorageCapacity"], int(old["StorageCapacity"])
    if size < before:
        # "Use this parameter to increase the storage capacity" (API reference, UpdateFileSystem).
        raise ResourceError(
            f"the storage capacity of {resource.physical_id} is {before} GiB, and can only be "
            f"increased, not set to {size}"
        )
    _record(request, resource).storage_capacity = size


def _configure(request: Request, resource: Resource, old: Properties) -> None:
    """Pass on what changed, which the operation must know; what it does not, replaces."""
    configuration, before = (
        properties.get("LustreConfiguration") or {} for properties in (request.properties, old)
    )
    changed = {
        name: value for name, value in configuration.items() if not same(value, before.get(name))
    }
    client = request.client("fsx")
    given = arguments(
        client, "UpdateFileSystem", {"LustreConfiguration": changed}, ("LustreConfiguration",)
    )
    _record(request, resource).lustre_configuration |= given["LustreConfiguration"]


def _retag(request: Request, resource: Resource, tags: Mapping[str, str]) -> None:
    request.client("fsx").tag_resource(
        ResourceARN=resource.attributes["ResourceARN"], Tags=tag_list(tags)
    )


def _untag(request: Request, resource: Resource, keys: list[str]) -> None:
    request.client("fsx").untag_resource(
        ResourceARN=resource.attributes["ResourceARN"], TagKeys=keys
    )


class FileSystem(SettingsProvider):
    """``AWS::FSx::FileSystem``."""

    at_creation = frozenset(_CREATION)
    settings: ClassVar[Mapping[str, Setting]] = {
        "StorageCapacity": _grow,
        "LustreConfiguration": _configure,
        "Tags": retagging(_retag, _untag),
    }

    def make(self, request: Request) -> Resource:
        """Create the file system."""
        client = request.client("fsx")
        made = client.create_file_system(
            **arguments(client, "CreateFileSystem", request.properties, _CREATION),
            **tag_arguments(request),
        )["FileSystem"]
        name = made["FileSystemId"]
        # moto gives no mount name; FSx's are eight letters and digits.
        mount_name = hashlib.sha256(name.encode()).hexdigest()[:8]
        return Resource(
            physical_id=name,
            attributes={
                "DNSName": made["DNSName"],
                "Id": name,
                "LustreMountName": mount_name,
                "ResourceARN": made["ResourceARN"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the file system."""
        with missing_is_fine():
            request.client("fsx").delete_file_system(FileSystemId=resource.physical_id)
