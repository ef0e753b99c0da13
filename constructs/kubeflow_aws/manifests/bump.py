"""Pins another version of an upstream source in upstream.lock.yaml."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.sources import Notify, read_source

PLATFORM_SOURCE = "kubeflow-manifests"
"""The source whose version is Kubeflow's release."""


def bump(
    file: Path,
    *,
    source: str,
    version: str,
    commit: str | None,
    mirror: Path | None,
    notify: Notify,
    helm: Path,
) -> None:
    """Write another version of one source into a lock file, its digest with it.

    Everything else in the file stays as it is, comments included.

    Args:
        file: The lock file.
        source: Name of the source.
        version: The new version; it takes the old one's place in URLs and archive names too.
        commit: The new version's commit, for a source that has one.
        mirror: Folder with the archives; the network if there is none.
        notify: Takes progress lines.
        helm: A helm, which pulls charts from OCI registries.

    Raises:
        UserError: There is no such source, it needs a commit, or its archive cannot be had.
    """
    lock = load_lock(file)
    old = lock.sources.get(source)
    if old is None:
        raise UserError(f"{file}: there is no source {source}; there are {', '.join(lock.sources)}")
    if (old.commit is None) != (commit is None):
        needs = "needs a commit of 40 hex digits" if old.commit else "has no commit"
        raise UserError(f"{file}: sources.{source}: {needs}; give COMMIT accordingly")
    text = file.read_text(encoding="utf-8")
    before, block, after = _split(text, source)
    block = block.replace(old.version, version)
    if old.commit and commit:
        block = block.replace(old.commit, commit)
    if source == PLATFORM_SOURCE:
        before = re.sub(r"(?m)^kubeflow: .*$", f'kubeflow: "{version}"', before)
    file.write_text(before + block + after, encoding="utf-8")
    new = load_lock(file).sources[source]
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as folder:
        digest = read_source(source, new, Path(folder), mirror=mirror, notify=notify, helm=helm)
    file.write_text(before + block.replace(old.digest, digest) + after, encoding="utf-8")


def _split(text: str, source: str) -> tuple[str, str, str]:
    """What stands before a source, the source, and what stands after it."""
    found = re.search(rf"^  {re.escape(source)}:\n(?:(?:    .*)?\n)*", text, re.MULTILINE)
    if found is None:
        raise UserError(f"the lock file has no block for {source}")
    return text[: found.start()], found.group(), text[found.end() :]
