"""FSx: the service's record of a file system. Nothing can be mounted."""

from __future__ import annotations

import hashlib
from typing import Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Provider, Request, Resource
from localcloud.resources.settings import missing_is_fine
from localcloud.resources.tags import tag_arguments

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


class FileSystem(Provider):
    """``AWS::FSx::FileSystem``."""

    applied = frozenset({*_CREATION, "Tags"})

    def create(self, request: Request) -> Resource:
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
