"""Where a folder may have gone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kubeflow_aws.bump.moved_folders import proposals
from tests.support.workshops import kustomization


def tree(root: Path, folders: Mapping[str, list[str]]) -> Path:
    """A source of folders with ConfigMaps of these names."""
    for folder, names in folders.items():
        place = root / "source" / folder
        place.mkdir(parents=True)
        (place / "kustomization.yaml").write_text(kustomization("objects.yaml"), encoding="utf-8")
        objects = "---\n".join(f"kind: ConfigMap\nmetadata:\n  name: {name}\n" for name in names)
        (place / "objects.yaml").write_text(objects, encoding="utf-8")
    return root


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return tree(tmp_path / "before", {"apps/one/overlays/plain": ["one", "role"]})


def found(before: Path, after: Path) -> list[str]:
    path = "source/apps/one/overlays/plain"
    return proposals([path], before, after)[path]


def test_the_same_objects_tell_more_than_the_same_path(before: Path, tmp_path: Path) -> None:
    after = tree(
        tmp_path / "after",
        {"apps/two/overlays/plain": ["two", "role"], "ui/first": ["one", "role"]},
    )

    assert found(before, after)[0] == "source/ui/first"


def test_names_that_many_have_tell_little(before: Path, tmp_path: Path) -> None:
    others = {f"apps/other-{index}": ["role", f"other-{index}"] for index in range(9)}
    after = tree(tmp_path / "after", {**others, "ui/first": ["one", "more"]})

    assert found(before, after)[0] == "source/ui/first"


def test_where_every_name_is_another_the_path_tells(before: Path, tmp_path: Path) -> None:
    after = tree(
        tmp_path / "after",
        {"apps/more/one/overlays/plain": ["renamed"], "apps/two/base": ["two"]},
    )

    assert found(before, after) == ["source/apps/more/one/overlays/plain"]


def test_what_is_like_nothing_is_not_guessed_at(before: Path, tmp_path: Path) -> None:
    after = tree(tmp_path / "after", {"common/two/base": ["two"]})

    assert found(before, after) == []


def test_at_most_three_are_proposed(before: Path, tmp_path: Path) -> None:
    after = tree(tmp_path / "after", {f"ui/{name}": ["one", "role"] for name in "edcba"})

    assert found(before, after) == ["source/ui/a", "source/ui/b", "source/ui/c"]
