"""What the platform needs to know of the shared file systems. Values may be tokens."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EfsVolumes:
    """A file system in Amazon EFS.

    Attributes:
        file_system_id: Its id.
        security_group_id: Of its mount targets; admits nobody yet.
    """

    file_system_id: str
    security_group_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FsxVolumes:
    """A file system in Amazon FSx for Lustre.

    Attributes:
        file_system_id: Its id.
        dns_name: Its name in DNS.
        mount_name: The name that Lustre knows it by.
        security_group_id: Of its interfaces; admits itself alone yet.
        subnet_id: Where it stands; file systems for claims stand there too.
    """

    file_system_id: str
    dns_name: str
    mount_name: str
    security_group_id: str
    subnet_id: str
