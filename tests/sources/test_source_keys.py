"""No stale tree: whatever goes into a tree of the cache is in its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.upstream.lock import (
    ChartPackage,
    Copy,
    RemoteReference,
    Script,
    Source,
    UpstreamLock,
)
from kubeflow_aws.upstream.source_places import linked_tree, source_tree

OTHER_DIGEST = "sha256:" + "1" * 64
CHANGES: dict[str, Any] = {
    "version": "v2",
    "commit": "1" * 40,
    "url": "http://127.0.0.1:9/other-{commit}.tar.gz",
    "archive": "other.tar.gz",
    "paths": ("base", "more"),
    "suffixes": (".yaml",),
    "scripts": (Script(path="base/sync.py", digest=OTHER_DIGEST),),
    "chart": ChartPackage(name="tool"),
    "digest": OTHER_DIGEST,
    "replaces": (RemoteReference(url="https://github.com/other/tool?ref=v1", path="base"),),
    "supersedes": (Copy(source="other", folder="tool", path="base"),),
}


@pytest.mark.parametrize("field", list(Source.model_fields))
def test_each_field_of_an_entry_names_another_tree(
    field: str, lock: UpstreamLock, tmp_path: Path
) -> None:
    old = lock.sources["tool"]
    new = old.model_copy(update={field: CHANGES[field]})
    changed = lock.model_copy(update={"sources": {"tool": new}})

    assert getattr(old, field) != getattr(new, field)
    assert source_tree("tool", new, tmp_path) != source_tree("tool", old, tmp_path)
    assert linked_tree(changed, tmp_path) != linked_tree(lock, tmp_path)


def test_the_name_of_a_source_names_another_tree(lock: UpstreamLock, tmp_path: Path) -> None:
    renamed = lock.model_copy(update={"sources": {"other": lock.sources["tool"]}})

    assert linked_tree(renamed, tmp_path) != linked_tree(lock, tmp_path)


def test_the_same_entries_name_the_same_tree(lock: UpstreamLock, tmp_path: Path) -> None:
    again = UpstreamLock.model_validate(lock.model_dump())

    assert linked_tree(again, tmp_path) == linked_tree(lock, tmp_path)
