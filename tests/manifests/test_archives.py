"""Archives: what is in use of them, and what no archive may be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.archives import DigestError, read_archive, verify_archive
from kubeflow_aws.manifests.lock import Source, UpstreamLock
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

    with pytest.raises(UserError, match=r"(?s)it: is no whole archive .* fetch it again"):
        read_archive(archive, source, said_of="it")
