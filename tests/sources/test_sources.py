"""Sources are what the lock file pins, or nothing is rendered."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import DigestError
from kubeflow_aws.upstream.lock import (
    Copy,
    RemoteReference,
    Script,
    Source,
    UpstreamLock,
)
from kubeflow_aws.upstream.sources import Origin, SourceOptions, fetch_sources
from kubeflow_aws.upstream.tools import Tools
from tests.support.archives import served, write_archive


def options(tmp_path: Path, mirror: Path | None, *, offline: bool = False) -> SourceOptions:
    sample = tmp_path / "sample"
    sample.mkdir(exist_ok=True)
    return SourceOptions(cache=tmp_path / "cache", sample=sample, mirror=mirror, offline=offline)


def with_url(lock: UpstreamLock, url: str) -> UpstreamLock:
    return with_source(lock, lock.sources["tool"].model_copy(update={"url": url}))


def with_source(lock: UpstreamLock, source: Source) -> UpstreamLock:
    return lock.model_copy(update={"sources": {"tool": source}})


@pytest.fixture
def served_mirror(mirror: Path) -> Iterator[str]:
    """The mirror over HTTP on this machine."""
    with served(mirror) as address:
        yield address


def unfinished(cache: Path) -> list[Path]:
    return [file for file in cache.rglob(".*") if file.name != ".digest"]


def test_a_mirror_serves_and_the_cache_after_it(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    first = fetch_sources(lock, options(tmp_path, mirror), lambda _: None)
    again = fetch_sources(lock, options(tmp_path, None, offline=True), lambda _: None)

    assert first == again
    assert first.origin is Origin.UPSTREAM
    assert (first.root / "tool" / "base" / "kustomization.yaml").is_file()


def test_the_network_serves_where_there_is_no_mirror(
    lock: UpstreamLock, served_mirror: str, tmp_path: Path
) -> None:
    told: list[str] = []

    found = fetch_sources(
        with_url(lock, f"{served_mirror}/tool.tar.gz"), options(tmp_path, None), told.append
    )

    assert found.origin is Origin.UPSTREAM
    assert told == ["fetching tool v1"]


CHART = "oci://127.0.0.1:9/charts/tool:1.2.3"


def test_a_chart_in_a_registry_is_pulled_by_helm(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    helm = tmp_path / "helm"
    helm.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncp {mirror}/tool.tar.gz "${{4#*=}}/tool.tgz"\n',
        "utf-8",
    )
    helm.chmod(0o755)

    found = fetch_sources(
        with_url(lock, CHART), SourceOptions(cache=tmp_path / "cache", helm=helm), lambda _: None
    )

    assert found.origin is Origin.UPSTREAM
    asked = (tmp_path / "asked").read_text("utf-8")
    assert asked.startswith("pull oci://127.0.0.1:9/charts/tool --version=1.2.3 --destination=")


def test_a_registry_that_cannot_be_reached_is_told_as_helm_says_it(
    lock: UpstreamLock, tools: Tools, tmp_path: Path
) -> None:
    chosen = SourceOptions(cache=tmp_path / "cache", helm=tools.helm)

    with pytest.raises(
        UserError, match=r"tool is in no mirror and cannot be fetched .*127\.0\.0\.1:9"
    ):
        fetch_sources(with_url(lock, CHART), chosen, lambda _: None)
    assert unfinished(tmp_path / "cache") == []


def test_the_sample_serves_where_nothing_else_does_and_says_so(
    lock: UpstreamLock, tmp_path: Path
) -> None:
    told: list[str] = []

    found = fetch_sources(lock, options(tmp_path, None), told.append)

    assert found.origin is Origin.SAMPLE
    assert "WARNING" in told[-1]
    assert "do not deploy it" in told[-1]
    assert unfinished(tmp_path / "cache") == []


def test_without_a_sample_to_stand_in_a_missing_source_is_an_error(
    lock: UpstreamLock, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"tool is in no mirror .* KUBEFLOW_UPSTREAM_MIRROR"):
        fetch_sources(lock, SourceOptions(cache=tmp_path / "cache"), lambda _: None)
    assert unfinished(tmp_path / "cache") == []


def test_a_tree_that_somebody_changed_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    found = fetch_sources(lock, options(tmp_path, mirror), lambda _: None)
    (found.root / "tool" / "base" / "kustomization.yaml").write_text("", encoding="utf-8")

    with pytest.raises(DigestError, match="make clean"):
        fetch_sources(lock, options(tmp_path, mirror), lambda _: None)


def test_a_tree_that_was_taken_before_and_then_changed_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        found = fetch_sources(lock, options(tmp_path, mirror), lambda _: None)
    file = found.root / "tool" / "base" / "kustomization.yaml"
    before = file.stat()
    file.write_bytes(b"#" * before.st_size)
    # As one would who wants to hide it.
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    with pytest.raises(DigestError, match="make clean"):
        fetch_sources(lock, options(tmp_path, mirror), lambda _: None)


def test_a_tree_whose_files_were_touched_and_are_the_same_is_taken(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        found = fetch_sources(lock, options(tmp_path, mirror), lambda _: None)
    (found.root / "tool" / "base" / "kustomization.yaml").touch()

    assert fetch_sources(lock, options(tmp_path, mirror), lambda _: None) == found


def test_offline_asks_no_network(lock: UpstreamLock, served_mirror: str, tmp_path: Path) -> None:
    found = fetch_sources(
        with_url(lock, f"{served_mirror}/tool.tar.gz"),
        options(tmp_path, None, offline=True),
        lambda _: None,
    )

    assert found.origin is Origin.SAMPLE


def test_an_archive_of_other_content_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    write_archive(mirror / "tool.tar.gz", {"base/kustomization.yaml": "resources: [evil.yaml]\n"})

    with pytest.raises(DigestError) as refusal:
        fetch_sources(lock, options(tmp_path, mirror), lambda _: None)

    assert "upstream source tool v1" in str(refusal.value)
    assert str(mirror / "tool.tar.gz") in str(refusal.value)
    assert lock.sources["tool"].digest in str(refusal.value)
    assert unfinished(tmp_path / "cache") == []
    assert not list(tmp_path.glob("cache/sources/*"))


def test_a_cache_that_somebody_changed_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    fetch_sources(lock, options(tmp_path, mirror), lambda _: None)
    shutil.rmtree(tmp_path / "cache" / "upstream")
    [file] = (tmp_path / "cache" / "sources").rglob("kustomization.yaml")
    file.write_text("resources: [evil.yaml]\n", encoding="utf-8")

    with pytest.raises(DigestError, match="make clean"):
        fetch_sources(lock, options(tmp_path, mirror), lambda _: None)


def test_a_mirror_that_is_no_folder_is_refused(lock: UpstreamLock, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="KUBEFLOW_UPSTREAM_MIRROR"):
        fetch_sources(lock, options(tmp_path, tmp_path / "no-such"), lambda _: None)


REFERENCE = "https://github.com/other/tool/base?ref=v1"


@pytest.mark.parametrize(
    "entry",
    [
        f"- {REFERENCE}",
        f'- "{REFERENCE}"',
        f"- '{REFERENCE}'",
        f"-   {REFERENCE}",
        f"- {REFERENCE} # why",
        f"- {REFERENCE}\r",
        "- github.com/other/tool/base?ref=v1",
    ],
)
def test_a_reference_is_known_however_it_is_written(
    entry: str, lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    pinned = with_kustomization(lock, mirror, f"resources:\n{entry}\n- ../else\n")

    found = fetch_sources(pinned, options(tmp_path, mirror), lambda _: None)

    written = (found.root / "tool/base/a/kustomization.yaml").read_text(encoding="utf-8")
    assert yaml.safe_load(written)["resources"] == ["../../../tool/base/b", "../else"]


def test_a_form_of_reference_that_is_not_known_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    pinned = with_kustomization(lock, mirror, f"resources: ['{REFERENCE}']\n")

    with pytest.raises(UserError, match="is written in a form that linking does not know"):
        fetch_sources(pinned, options(tmp_path, mirror), lambda _: None)
    assert unfinished(tmp_path / "cache") == []


def with_kustomization(lock: UpstreamLock, mirror: Path, text: str) -> UpstreamLock:
    write_archive(mirror / "tool.tar.gz", {"base/a/kustomization.yaml": text})
    source = lock.sources["tool"]
    return with_source(
        lock,
        source.model_copy(
            update={
                "digest": source.digest_of([("base/a/kustomization.yaml", text.encode())]),
                "replaces": (RemoteReference(url=REFERENCE, path="base/b"),),
            }
        ),
    )


def test_a_source_stands_where_another_holds_a_copy_of_it(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    old = {"copies/tool/kustomization.yaml": "resources: [old.yaml]\n", "copies/tool/old.yaml": ""}
    write_archive(mirror / "other.tar.gz", old)
    files = [(path, text.encode()) for path, text in old.items()]
    base = lock.sources["tool"].model_copy(update={"archive": "other.tar.gz", "paths": ("copies",)})
    other = base.model_copy(update={"digest": base.digest_of(files)})
    copy = Copy(source="other", folder="copies/tool", path="base")
    tool = lock.sources["tool"].model_copy(update={"supersedes": (copy,)})
    both = lock.model_copy(update={"sources": {"other": other, "tool": tool}})

    found = fetch_sources(both, options(tmp_path, mirror), lambda _: None)

    folder = found.root / "other" / "copies" / "tool"
    assert [file.name for file in folder.iterdir()] == ["kustomization.yaml"]
    assert (folder / "kustomization.yaml").read_text("utf-8") == "resources: []\n"


def test_a_copy_that_is_not_there_names_the_field(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    copy = Copy(source="tool", folder="no/such", path="base")
    tool = lock.sources["tool"].model_copy(update={"supersedes": (copy,)})

    with pytest.raises(
        UserError, match=r"sources\.tool\.supersedes: source tool has no folder no/"
    ):
        fetch_sources(with_source(lock, tool), options(tmp_path, mirror), lambda _: None)
    assert unfinished(tmp_path / "cache") == []


NOTHING = "raise SystemExit"
"""A program that does nothing."""


def with_script(lock: UpstreamLock, mirror: Path, program: str) -> UpstreamLock:
    """A lock whose program is `print()`, and a mirror that holds another one."""
    files = {"base/kustomization.yaml": "resources: []\n", "base/sync.py": program}
    write_archive(mirror / "tool.tar.gz", files)
    script = Script(path="base/sync.py", digest=sha256("print()"), stand_in=sha256(NOTHING))
    return with_source(lock, lock.sources["tool"].model_copy(update={"scripts": (script,)}))


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_a_stand_in_for_a_script_is_told_each_time(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    pinned = with_script(lock, mirror, NOTHING)
    told: list[str] = []

    for _ in range(2):
        fetch_sources(pinned, options(tmp_path, mirror), told.append)

    assert len(told) == 2
    assert all("stand-in for tool/base/sync.py" in line for line in told)


def test_the_real_script_is_told_of_to_nobody(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    told: list[str] = []

    fetch_sources(with_script(lock, mirror, "print()"), options(tmp_path, mirror), told.append)

    assert told == []


def test_any_other_script_stops_everything(
    lock: UpstreamLock, mirror: Path, tmp_path: Path
) -> None:
    pinned = with_script(lock, mirror, "import evil")

    with pytest.raises(DigestError, match=r"pinned base/sync\.py sha256:"):
        fetch_sources(pinned, options(tmp_path, mirror), lambda _: None)
