"""The ports of shared file systems: nodes reach them, and pods of profiles do not."""

from __future__ import annotations

from typing import Final

NFS: Final = (2049, 2049)
"""TCP port of a mount target (Amazon EFS User Guide, "Using VPC security groups"); the first port
of a range and the last, as below."""

LUSTRE: Final = ((988, 988), (1018, 1023))
"""TCP ports of Lustre (FSx for Lustre User Guide, "File System Access Control with Amazon VPC")."""

FILE_SYSTEMS: Final = (*LUSTRE, NFS)
"""All of them, in order."""
