"""The lock file is written by `lock-upstream`, and refused where it cannot be right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import DigestError
from kubeflow_aws.upstream.lock import UpstreamLock, load_lock
from kubeflow_aws.upstream.relock import relock
from tests.support.archives import write_archive


def test_relock_changes_digests_and_nothing_else(mirror: Path, tmp_path: Path) -> None:
    text = f"""# a comment that stays
kubeflow: "1.0"
sources:
  tool:
    version: v1
    url: http://127.0.0.1:9/tool.tar.gz
    archive: tool.tar.gz
    paths: [base]
    digest: sha256:{"0" * 64}
"""
    file = tmp_path / "upstream.lock.yaml"
    file.write_text(text, encoding="utf-8")
    told: list[str] = []

    relock(file, load_lock(file), mirror=mirror, notify=told.append, helm=Path("helm"))

    after = file.read_text(encoding="utf-8")
    assert after != text
    assert after.splitlines()[:-1] == text.splitlines()[:-1]
    assert [line.split(":")[0] for line in told] == ["tool v1"]


def test_relock_writes_each_digest_into_its_own_entry(mirror: Path, tmp_path: Path) -> None:
    """Who adds a source copies an entry, its digest included."""
    text = "kubeflow: '1.0'\nsources:\n"
    for name in ("old", "new"):
        text += f"""  {name}:
    version: v1
    url: http://127.0.0.1:9/{name}.tar.gz
    archive: {name}.tar.gz
    paths: [base]
    digest: sha256:{"0" * 64}
"""
        write_archive(mirror / f"{name}.tar.gz", {"base/one.yaml": name})
    file = tmp_path / "upstream.lock.yaml"
    file.write_text(text, encoding="utf-8")
    for _ in range(2):
        relock(file, load_lock(file), mirror=mirror, notify=lambda _: None, helm=Path("helm"))

        found = load_lock(file).sources
        assert found["old"].digest == found["old"].digest_of([("base/one.yaml", b"old")])
        assert found["new"].digest == found["new"].digest_of([("base/one.yaml", b"new")])
        file.write_text(
            file.read_text("utf-8").replace(found["new"].digest, found["old"].digest), "utf-8"
        )


def test_relock_takes_no_other_commit(mirror: Path, lock: UpstreamLock, tmp_path: Path) -> None:
    write_archive(mirror / "tool.tar.gz", {"base/kustomization.yaml": ""}, top=f"tool-{'1' * 40}")
    file = tmp_path / "upstream.lock.yaml"
    file.write_text("as it was", encoding="utf-8")

    with pytest.raises(DigestError, match=f"found  commit {'1' * 40}"):
        relock(file, lock, mirror=mirror, notify=lambda _: None, helm=Path("helm"))
    assert file.read_text("utf-8") == "as it was"


ENTRY = {
    "version": "v1",
    "url": "https://example.com/tool.tar.gz",
    "archive": "tool.tar.gz",
    "paths": ["base"],
    "digest": f"sha256:{'0' * 64}",
}
REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "an address of a commit without one": (
        {"url": "https://a/{commit}.tgz"},
        "{commit} in it if the",
    ),
    "an address with other braces": ({"url": "https://a/{tag}.tgz"}, "no other braces"),
    "a path that leads out": ({"paths": ["../base"]}, "leads out of the source"),
    "a path with a slash at its end": ({"paths": ["base/"]}, "paths"),
    "an archive in another folder": ({"archive": "../tool.tar.gz"}, "archive"),
    "a copy in no source": (
        {"supersedes": [{"source": "other", "folder": "a", "path": "base"}]},
        "there is no source other; there are tool, twin",
    ),
    "a reference that two replace": (
        {"replaces": [{"url": "https://twin", "path": "base"}]},
        "https://twin is replaced by tool and by twin",
    ),
}


@pytest.mark.parametrize(("changes", "said"), REFUSED.values(), ids=list(REFUSED))
def test_an_entry_that_cannot_be_right_is_refused(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    twin = ENTRY | {"replaces": [{"url": "https://twin", "path": "base"}]}
    content = {"kubeflow": "1.0", "sources": {"tool": ENTRY | changes, "twin": twin}}
    file = tmp_path / "upstream.lock.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")

    with pytest.raises(UserError, match=re.escape(said)):
        load_lock(file)


def test_a_wrong_lock_file_names_the_field(tmp_path: Path) -> None:
    file = tmp_path / "upstream.lock.yaml"
    file.write_text("kubeflow: '1.0'\nsources: {tool: {version: v1}}\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"upstream\.lock\.yaml: sources\.tool\.url"):
        load_lock(file)
