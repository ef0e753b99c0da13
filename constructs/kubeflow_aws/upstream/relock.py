"""Writes the digests of upstream.lock.yaml anew, leaving everything else in it as it is."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kubeflow_aws.upstream.archives import verify_identity
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import UpstreamLock
from kubeflow_aws.upstream.lock_text import write_source
from kubeflow_aws.upstream.source_places import mirrored
from kubeflow_aws.upstream.sources import read_source


def relock(
    file: Path, lock: UpstreamLock, *, mirror: Path | None, notify: Notify, helm: Path
) -> None:
    """Read every source and write its digest into the lock file, once all could be read.

    Args:
        file: The lock file.
        lock: Its content.
        mirror: Folder with the archives; the network if there is none.
        notify: Takes a line for every digest that changes.
        helm: A helm, which pulls charts from OCI registries.

    Raises:
        UserError: A source is neither in the mirror nor on the network.
        DigestError: An archive is of another commit, chart or script than the lock file names.
    """
    with tempfile.TemporaryDirectory(prefix=".relock-", dir=file.parent) as folder:
        trial = Path(shutil.copyfile(file, Path(folder) / file.name))
        for name, source in lock.sources.items():
            found = read_source(name, source, mirror=mirror, notify=notify, helm=helm)
            origin = str(mirrored(source, mirror) or source.address)
            verify_identity(name, source, found, origin)
            digest = source.digest_of(found.files.items())
            if digest != source.digest:
                notify(f"{name} {source.version}: {source.digest} -> {digest}")
                write_source(trial, name, source.model_copy(update={"digest": digest}))
        trial.replace(file)
