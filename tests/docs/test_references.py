"""What the pages refer to is there, and every page and every target is referred to."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.programs import MADE_BY_READERS, PLACEHOLDER
from tests.support.makefile import Makefile
from tests.support.markdown import NOT_OURS, Page, pages_of

PROJECT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = {page.path: page for page in pages_of(PROJECT)}

ROOTS: Final = ("", "constructs", "constructs/kubeflow_aws", "localcloud/src/localcloud")
"""Folders from which the pages name files; beside them, each from its own."""

SOURCE: Final = re.compile(r"[\w.-]+(/[\w.*-]+)*\.(json|md|py|sh|toml|yaml|yml)")
FOLDER: Final = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
MADE: Final = MADE_BY_READERS | {"benchmarks/history.jsonl", "pipeline.yaml"}
"""Files that readers make, or that commands of the pages write."""


AS_FOLDER: Final = "docs/decisions"
"""Its pages are read as a folder: who names it leads to all of them."""


def files() -> set[str]:
    """Every file of the project, by name alone."""
    found: set[str] = set()
    for folder in PROJECT.iterdir():
        if folder.is_file():
            found.add(folder.name)
        elif folder.name not in NOT_OURS and not folder.name.startswith("."):
            found |= {file.name for file in folder.rglob("*")}
    return found


NAMES: Final = files()


def is_missing(text: str, page: str) -> bool:
    """Whether this is the path of a file or a folder of the project that is not there."""
    first, slash, _ = text.partition("/")
    if text in MADE or first in NOT_OURS or PLACEHOLDER.search(text.replace("README", "")):
        return False
    roots = [PROJECT / root for root in (*ROOTS, folder_of(page))]
    if SOURCE.fullmatch(text):
        if not slash:
            return text not in NAMES
    elif not (slash and FOLDER.fullmatch(text)):
        return False
    elif not (PROJECT / first).is_dir():
        # Much has slashes that is no path: images, roles, resources of Kubernetes.
        return False
    return not any((root / text).exists() for root in roots)


def folder_of(path: str) -> str:
    """The folder that a path lies in."""
    return posixpath.dirname(path)


def referred(page: Page) -> set[str]:
    """Paths, from the project's root, that a page links or names."""
    folder = folder_of(page.path)
    targets = [link.text.partition("#")[0] for link in page.links]
    paths = {posixpath.normpath(posixpath.join(folder, target)) for target in targets if target}
    return paths | {code.text.rstrip("/") for code in page.codes}


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_every_link_leads_somewhere(page: Page) -> None:
    lost = []
    for link in page.links:
        path, _, anchor = link.text.partition("#")
        if re.match(r"[a-z]+:", link.text):
            continue
        target = posixpath.normpath(posixpath.join(folder_of(page.path), path))
        known = PAGES.get(target if path else page.path)
        if not (PROJECT / target).exists() or (
            anchor and (not known or anchor not in known.anchors)
        ):
            lost.append(f"{link.place}: {link.text}")

    assert lost == []


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
def test_every_file_that_is_named_exists(page: Page) -> None:
    assert [f"{c.place}: {c.text}" for c in page.codes if is_missing(c.text, page.path)] == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("docs/data.md", False),
        ("docs/date.md", True),
        ("rendering/render.py", False),
        ("manifests/renders.py", True),
        ("demo/inventory.py", False),
        ("docs/decisions/README.md", False),
        ("docs/nothing.md", True),
        ("edge-filter.yaml", False),
        ("edge-filters.yaml", True),
        ("tests/gateway/", False),
        ("tests/gateways/", True),
        ("manifests/components/device-plugins", False),
        ("manifests/components/device-plugin", True),
        ("deployments/mine.yaml", False),
        ("build/rendered", False),
        ("nvidia.com/gpu", False),
        ("private-artifacts/PROFILE/", False),
        ("s3.bucket_name", False),
    ],
)
def test_a_file_that_is_missing_is_found(text: str, missing: bool) -> None:
    assert is_missing(text, "docs/data.md") is missing


def test_blocks_codes_and_links_are_found_with_their_lines() -> None:
    text = """\
- a
  ```sh  demo
  make demo
  ```

see `b`
and [c](d.md#e) `f`

    indented
"""
    page = Page(path="x.md", text=text)

    [block] = page.blocks
    assert (block.place, block.language, block.mark) == ("x.md:3", "sh", "demo")
    assert block.text == "make demo\n"
    assert [(code.place, code.text) for code in page.codes] == [("x.md:6", "b"), ("x.md:7", "f")]
    assert [(link.place, link.text) for link in page.links] == [("x.md:7", "d.md#e")]
    assert page.indented_blocks == [9]


def test_anchors_are_those_of_github() -> None:
    page = Page(path="x.md", text="# A `b-c`: what, *why*?\n## 1. Über_x\n## Twice\n## Twice\n")

    assert page.anchors == ["a-b-c-what-why", "1-über_x", "twice", "twice-1"]


def test_every_page_is_within_reach_of_the_first() -> None:
    reached, waiting = {"README.md"}, ["README.md"]
    while waiting:
        for path in referred(PAGES[waiting.pop()]):
            found = [each for each in PAGES if each == path or AS_FOLDER == path == folder_of(each)]
            new = [each for each in found if each not in reached]
            reached.update(new)
            waiting += new
    lost = {path for path in PAGES if path.startswith("docs/")} - reached

    assert {AS_FOLDER if folder_of(path) == AS_FOLDER else path for path in lost} == set()


def test_every_target_that_make_help_shows_is_on_a_page(makefile: Makefile) -> None:
    text = "\n".join(page.text for page in PAGES.values())
    named = set(re.findall(r"\bmake (?:--silent )?([a-z0-9-]+)", text))
    shown = {name for name, target in makefile.targets.items() if target.help}

    assert "e2e" in shown
    assert shown - named == set()
