"""Fills a mirror folder with the archives that the lock file names."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kubeflow_aws.manifests.lock import UpstreamLock
from kubeflow_aws.manifests.sources import Notify, from_network, read_source, verify_digest


def fill_mirror(lock: UpstreamLock, folder: Path, *, helm: Path, notify: Notify) -> None:
    """Fetch what a mirror lacks, and check every archive in it.

    Args:
        lock: The pinned sources.
        folder: The mirror; made if it is not there.
        helm: A helm, which pulls charts from OCI registries.
        notify: Takes a line for every archive that is fetched.

    Raises:
        NotAvailableError: The network does not have an archive.
        DigestError: An archive is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in lock.sources.items():
        target = folder / source.archive
        if not target.is_file():
            notify(f"fetching {name} {source.version}")
            with from_network(name, source, helm) as archive:
                # Half an archive under its name would be taken for the whole one.
                unfinished = target.with_name(f"{target.name}.unfinished")
                shutil.copyfile(archive, unfinished)
                unfinished.rename(target)
        with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as tree:
            found = read_source(name, source, Path(tree), mirror=folder, notify=notify, helm=helm)
        verify_digest(name, source, found, str(target))
