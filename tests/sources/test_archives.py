"""Archives: what is in use of them, and what no archive may be."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import DigestError, read_archive, verify_archive
from kubeflow_aws.upstream.lock import Source, UpstreamLock
from tests.support.archives import write_archive

COMMIT, OTHER = "0" * 40, "1" * 40
USED: dict[str, str | bytes] = {"base/kustomization.yaml": "resources: []\n"}


@pytest.fixture
def source(lock: UpstreamLock) -> Source:
    return lock.sources["tool"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive.tar.gz"


def test_documents_programs_pictures_and_links_change_no_digest(
    source: Source, archive: Path
) -> None:
    others: dict[str, str | bytes] = {
        "README.md": "# Tool",
        "base/README.md": "# Base",
        "base/sync.py": "print()",
        "base/run.sh": "true",
        "base/logo.png": b"\x89PNG",
        "elsewhere/kustomization.yaml": "resources: [more.yaml]\n",
    }
    write_archive(archive, USED | others, links={"base/link.yaml": "kustomization.yaml"})

    found = read_archive(archive, source, said_of="it")

    assert found.files.keys() == USED.keys()
    verify_archive("tool", source, found, "it")


@pytest.mark.parametrize(
    "changed",
    [
        {"base/kustomization.yaml": "resources: [more.yaml]\n"},
        USED | {"base/more.yaml": ""},
        {"base/other.yaml": "resources: []\n"},
    ],
    ids=["another content", "one more file", "another name"],
)
def test_what_is_in_use_changes_it(changed: dict[str, str], source: Source, archive: Path) -> None:
    write_archive(archive, changed)

    with pytest.raises(DigestError, match=r"(?s)upstream source tool v1 from it .*pinned sha256:"):
        verify_archive("tool", source, read_archive(archive, source, said_of="it"), "it")


@pytest.mark.parametrize("by", ["comment", "folder"])
def test_an_archive_of_another_commit_is_refused_though_the_files_are_the_same(
    by: str, source: Source, archive: Path
) -> None:
    if by == "comment":
        write_archive(archive, USED, commit=OTHER)
    else:
        write_archive(archive, USED, top=f"tool-{OTHER}")

    with pytest.raises(DigestError, match=f"pinned commit {COMMIT}\n  found  commit {OTHER}"):
        verify_archive("tool", source, read_archive(archive, source, said_of="it"), "it")


@pytest.mark.parametrize("by", ["comment", "folder", "nothing"])
def test_an_archive_of_the_commit_or_of_a_tag_is_taken(
    by: str, source: Source, archive: Path
) -> None:
    top = f"tool-{COMMIT}" if by == "folder" else "tool-1.0"
    write_archive(archive, USED, top=top, commit=COMMIT if by == "comment" else None)

    verify_archive("tool", source, read_archive(archive, source, said_of="it"), "it")


@pytest.mark.parametrize("path", ["base/../../../escaped.yaml", "../escaped.yaml"])
def test_a_path_that_leads_out_of_the_archive_is_refused(
    path: str, source: Source, archive: Path, tmp_path: Path
) -> None:
    write_archive(archive, USED | {path: "x"})

    with pytest.raises(UserError, match=r"it: the path tool-1234/\S*escaped\.yaml in it leads out"):
        read_archive(archive, source, said_of="it")
    assert not list(tmp_path.rglob("escaped.yaml"))


def test_a_link_out_of_the_archive_is_not_followed(source: Source, archive: Path) -> None:
    write_archive(archive, USED, links={"base/secret.yaml": "/etc/passwd"})

    assert read_archive(archive, source, said_of="it").files.keys() == USED.keys()


@pytest.mark.parametrize("kept", [0, 20, 60])
def test_half_an_archive_says_what_to_do(kept: int, source: Source, archive: Path) -> None:
    write_archive(archive, USED | {"base/more.json": random.Random(0).randbytes(50_000)})  # noqa: S311  # no secret
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) * kept // 100])

    with pytest.raises(UserError, match=r"it: is no whole archive .*; get it anew"):
        read_archive(archive, source, said_of="it")


def test_one_bit_that_is_wrong_is_noticed_wherever_it_is(source: Source, archive: Path) -> None:
    more = {f"base/{n}.json": random.Random(n).randbytes(500) for n in range(8)}  # noqa: S311
    write_archive(archive, USED | more)
    whole = archive.read_bytes()
    good = read_archive(archive, source, said_of="it").files

    # The head of gzip, up to its tenth byte, says nothing of the content.
    for place in range(10, len(whole), 37):
        archive.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            found = read_archive(archive, source, said_of="it").files
        except UserError:
            continue
        assert found == good


def test_an_archive_that_ends_too_early_between_two_files_is_refused(
    source: Source, archive: Path
) -> None:
    write_archive(archive, USED | {"base/more.yaml": "a: 1"})
    with gzip.open(archive) as packed:
        content = packed.read()
    # A folder, then a file of one block: their headers and that block.
    archive.write_bytes(gzip.compress(content[: 3 * 512]))

    with pytest.raises(UserError, match=r"it: is no whole archive .it has no end.; get it anew"):
        read_archive(archive, source, said_of="it")


def test_a_page_is_no_archive(source: Source, archive: Path) -> None:
    archive.write_text("<html>Sign in" + " " * 1000, encoding="utf-8")

    with pytest.raises(UserError, match=r"it is no tar archive, and begins with b'<html>Sign in"):
        read_archive(archive, source, said_of="it")


def test_an_archive_with_nothing_in_use_names_the_paths(source: Source, archive: Path) -> None:
    write_archive(archive, {"elsewhere/kustomization.yaml": ""})

    with pytest.raises(UserError, match="it: has none of the files in use, base below its top"):
        read_archive(archive, source, said_of="it")
