"""Writes the digests of upstream.lock.yaml anew, leaving everything else in it as it is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kubeflow_aws.manifests.lock import UpstreamLock
from kubeflow_aws.manifests.sources import Notify, read_source


def relock(
    file: Path, lock: UpstreamLock, *, mirror: Path | None, notify: Notify, helm: Path
) -> None:
    """Read every source and write its digest into the lock file.

    Args:
        file: The lock file.
        lock: Its content.
        mirror: Folder with the archives; the network if there is none.
        notify: Takes a line for every digest that changes.
        helm: A helm, which pulls charts from OCI registries.

    Raises:
        UserError: A source is neither in the mirror nor on the network.
    """
    text = file.read_text(encoding="utf-8")
    for name, source in lock.sources.items():
        with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as folder:
            found = read_source(name, source, Path(folder), mirror=mirror, notify=notify, helm=helm)
        if found != source.digest:
            notify(f"{name} {source.version}: {source.digest} -> {found}")
            text = text.replace(source.digest, found, 1)
    file.write_text(text, encoding="utf-8")
