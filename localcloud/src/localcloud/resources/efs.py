"""Elastic File System: file systems, mount targets and access points. Nothing can be mounted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from moto.efs.models import efs_backends

from localcloud.resources.arguments import arguments, document
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_arguments, tag_list

_CREATION: Final = (
    "AvailabilityZoneName",
    "Encrypted",
    "KmsKeyId",
    "PerformanceMode",
    "ProvisionedThroughputInMibps",
    "ThroughputMode",
)


def _arn(request: Request, kind: str, name: str) -> str:
    return f"arn:aws:elasticfilesystem:{request.region}:{request.account}:{kind}/{name}"


def _keep_files(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("efs")
    given = {"LifecyclePolicies": [], **request.properties}
    client.put_lifecycle_configuration(
        FileSystemId=resource.physical_id,
        **arguments(client, "PutLifecycleConfiguration", given, ["LifecyclePolicies"]),
    )


def _admit(request: Request, resource: Resource, old: Properties) -> None:
    del old
    policy = request.properties.get("FileSystemPolicy")
    if policy:
        request.client("efs").put_file_system_policy(
            FileSystemId=resource.physical_id, Policy=document(policy)
        )


def _back_up(request: Request, resource: Resource, old: Properties) -> None:
    # moto shows the policy of a file system, but has no PutBackupPolicy.
    del old
    status = request.properties.get("BackupPolicy", {}).get("Status", "DISABLED")
    backend = efs_backends[request.account][request.region]
    backend.file_systems_by_id[resource.physical_id]._backup = status == "ENABLED"


def _retag(request: Request, resource: Resource, tags: Mapping[str, str]) -> None:
    request.client("efs").tag_resource(ResourceId=resource.physical_id, Tags=tag_list(tags))


def _untag(request: Request, resource: Resource, keys: list[str]) -> None:
    request.client("efs").untag_resource(ResourceId=resource.physical_id, TagKeys=keys)


class FileSystem(SettingsProvider):
    """``AWS::EFS::FileSystem``."""

    at_creation = frozenset(_CREATION)
    settings: ClassVar[Mapping[str, Setting]] = {
        "LifecyclePolicies": _keep_files,
        "FileSystemPolicy": _admit,
        "BackupPolicy": _back_up,
        "FileSystemTags": retagging(_retag, _untag, "FileSystemTags"),
    }
    recorded = frozenset({"BypassPolicyLockoutSafetyCheck"})

    def make(self, request: Request) -> Resource:
        """Create the file system."""
        client = request.client("efs")
        file_system_id = client.create_file_system(
            CreationToken=request.generated_name(),
            **arguments(client, "CreateFileSystem", request.properties, _CREATION),
            # The stack's tags go on it even if it has none of its own.
            **tag_arguments(request, name="FileSystemTags"),
        )["FileSystemId"]
        return Resource(
            physical_id=file_system_id,
            attributes={
                "Arn": _arn(request, "file-system", file_system_id),
                "FileSystemId": file_system_id,
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the file system; EFS refuses while it has mount targets."""
        with missing_is_fine():
            request.client("efs").delete_file_system(FileSystemId=resource.physical_id)


def _guard(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("efs").modify_mount_target_security_groups(
        MountTargetId=resource.physical_id, SecurityGroups=request.properties["SecurityGroups"]
    )


class MountTarget(SettingsProvider):
    """``AWS::EFS::MountTarget``."""

    at_creation = frozenset({"FileSystemId", "IpAddress", "SecurityGroups", "SubnetId"})
    settings: ClassVar[Mapping[str, Setting]] = {"SecurityGroups": _guard}

    def make(self, request: Request) -> Resource:
        """Create the mount target."""
        client = request.client("efs")
        target = client.create_mount_target(
            **arguments(client, "CreateMountTarget", request.properties, self.at_creation)
        )
        return Resource(
            physical_id=target["MountTargetId"],
            attributes={"Id": target["MountTargetId"], "IpAddress": target["IpAddress"]},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the mount target."""
        with missing_is_fine():
            request.client("efs").delete_mount_target(MountTargetId=resource.physical_id)


class AccessPoint(SettingsProvider):
    """``AWS::EFS::AccessPoint``."""

    at_creation = frozenset({"FileSystemId", "PosixUser", "RootDirectory"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "AccessPointTags": retagging(_retag, _untag, "AccessPointTags")
    }
    recorded = frozenset({"ClientToken"})

    def make(self, request: Request) -> Resource:
        """Create the access point."""
        client = request.client("efs")
        name = client.create_access_point(
            ClientToken=request.generated_name(),
            **arguments(
                client,
                "CreateAccessPoint",
                request.properties,
                ("FileSystemId", "PosixUser", "RootDirectory"),
            ),
            **tag_arguments(request, name="AccessPointTags"),
        )["AccessPointId"]
        return Resource(
            physical_id=name,
            attributes={"AccessPointId": name, "Arn": _arn(request, "access-point", name)},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the access point."""
        with missing_is_fine():
            request.client("efs").delete_access_point(AccessPointId=resource.physical_id)
