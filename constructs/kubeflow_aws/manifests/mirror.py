"""Fills a mirror folder with the archives that the lock file names."""

from __future__ import annotations

import shutil
from pathlib import Path

from kubeflow_aws.manifests.archives import read_archive, verify_archive
from kubeflow_aws.manifests.downloads import Notify, downloaded
from kubeflow_aws.manifests.lock import UpstreamLock


def fill_mirror(lock: UpstreamLock, folder: Path, *, helm: Path, notify: Notify) -> None:
    """Fetch what a mirror lacks, and check every archive in it.

    Args:
        lock: The pinned sources.
        folder: The mirror; made if it is not there.
        helm: A helm, which pulls charts from OCI registries.
        notify: Takes progress lines.

    Raises:
        NotAvailableError: The network does not have an archive.
        DigestError: An archive is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in lock.sources.items():
        target = folder / source.archive
        if not target.is_file():
            with downloaded(name, source, helm=helm, notify=notify) as archive:
                # Half an archive under its name would be taken for the whole one.
                unfinished = target.with_name(f"{target.name}.unfinished")
                shutil.copyfile(archive, unfinished)
                unfinished.rename(target)
        found = read_archive(target, source, said_of=str(target))
        verify_archive(name, source, found, str(target))
