"""Fills a mirror folder with the archives that the lock file names."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import read_archive, verify_archive
from kubeflow_aws.upstream.downloads import downloaded
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import Source, UpstreamLock


def fill_mirror(lock: UpstreamLock, folder: Path, *, helm: Path, notify: Notify) -> None:
    """Fetch what a mirror lacks, and check every archive in it.

    Args:
        lock: The pinned sources.
        folder: The mirror; made if it is not there.
        helm: A helm, which pulls charts from OCI registries.
        notify: Takes progress lines.

    Raises:
        NotAvailableError: The network does not have an archive.
        DigestError: An archive is not the pinned one; one that was fetched is not kept.
        UserError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot be a mirror ({error.strerror}); name a folder") from None
    for name, source in lock.sources.items():
        target = folder / source.archive
        if target.is_file():
            _check(name, source, target, str(target))
            continue
        # What is not whole and right gets no name under which it would be taken.
        with (
            downloaded(name, source, helm=helm, notify=notify) as archive,
            tempfile.TemporaryDirectory(prefix=".mirror-", dir=folder) as beside,
        ):
            _check(name, source, archive, source.address)
            Path(shutil.copyfile(archive, Path(beside) / source.archive)).rename(target)


def _check(name: str, source: Source, archive: Path, origin: str) -> None:
    verify_archive(name, source, read_archive(archive, source, said_of=origin), origin)
