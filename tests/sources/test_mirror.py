"""`make mirror`: a folder with every archive that the lock file names, checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import DigestError
from kubeflow_aws.upstream.fetching import NotAvailableError
from kubeflow_aws.upstream.lock import UpstreamLock
from kubeflow_aws.upstream.mirror import fill_mirror
from tests.support.archives import served, write_archive


def fill(lock: UpstreamLock, mirror: Path) -> list[str]:
    told: list[str] = []
    fill_mirror(lock, mirror, helm=Path("helm"), notify=told.append)
    return told


def at(lock: UpstreamLock, url: str) -> UpstreamLock:
    source = lock.sources["tool"].model_copy(update={"url": url})
    return lock.model_copy(update={"sources": {"tool": source}})


def test_a_whole_mirror_needs_nothing(lock: UpstreamLock, mirror: Path) -> None:
    assert fill(lock, mirror) == []


def test_what_it_lacks_is_fetched(lock: UpstreamLock, mirror: Path, tmp_path: Path) -> None:
    with served(mirror) as address:
        told = fill(at(lock, f"{address}/tool.tar.gz"), tmp_path / "new")

    assert told == ["fetching tool v1"]
    fetched = (tmp_path / "new" / "tool.tar.gz").read_bytes()
    assert fetched == (mirror / "tool.tar.gz").read_bytes()


def test_an_archive_that_is_another_is_refused(lock: UpstreamLock, mirror: Path) -> None:
    write_archive(mirror / "tool.tar.gz", {"base/one.yaml": "a: 1\n"})

    with pytest.raises(DigestError, match="is not the pinned one"):
        fill(lock, mirror)


def test_what_nobody_has_leaves_nothing_behind(lock: UpstreamLock, tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match="tool"):
        fill(lock, tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []


def test_what_was_fetched_and_is_another_is_not_kept(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    write_archive(mirror / "tool.tar.gz", {"base/one.yaml": "a: 1\n"})

    with served(mirror) as address, pytest.raises(DigestError, match="is not the pinned one"):
        fill(at(lock, f"{address}/tool.tar.gz"), tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []


def test_a_mirror_that_is_a_file_is_refused(lock: UpstreamLock, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UserError, match="cannot be a mirror"):
        fill(lock, tmp_path / "file")
