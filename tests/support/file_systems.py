"""A file system in FSx for Lustre, as a deployment names it."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.storage.file_systems import FsxVolumes

FSX: Final = FsxVolumes(
    file_system_id="fs-1",
    dns_name="fs-1.fsx.us-west-2.amazonaws.com",
    mount_name="abcdefgh",
    security_group_id="sg-1",
    subnet_id="subnet-1",
)
