"""Folders of the cache appear whole, and two processes may fill one at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.files.cache_folder import appears_whole


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "digest"
    with appears_whole(target) as folder:
        (folder / "file").write_text("content")
        assert not target.exists()

    assert (target / "file").read_text() == "content"
    assert list(target.parent.iterdir()) == [target]


def test_whoever_is_faster_wins_and_the_other_does_not_fail(tmp_path: Path) -> None:
    target = tmp_path / "digest"
    with appears_whole(target) as slow:
        (slow / "file").write_text("slow")
        with appears_whole(target) as fast:
            (fast / "file").write_text("fast")

    assert (target / "file").read_text() == "fast"
    assert list(tmp_path.iterdir()) == [target]


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), appears_whole(tmp_path / "digest"):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []
