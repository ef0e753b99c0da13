"""Another version of a source: pinned with its digest if everything renders from it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.cli.bump import bump_and_show
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.mirror import fill_mirror
from kubeflow_aws.manifests.relock import relock
from kubeflow_aws.manifests.sources import DigestError, NotAvailableError
from tests.support.archives import write_archive

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ISTIO = "common/istio/istio-install/base/objects.yaml"


@pytest.fixture(scope="session")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all, since most of them render the same."""
    return tmp_path_factory.mktemp("renders")


@pytest.fixture
def workshop(project: Path, tmp_path: Path, renders: Path) -> Path:
    """Our manifests with a lock file on a mirror of archives, made from the sample."""
    manifests, mirror = tmp_path / "manifests", tmp_path / "mirror"
    shutil.copytree(project / "manifests", manifests)
    mirror.mkdir()
    (tmp_path / "cache").symlink_to(renders)
    file = manifests / "upstream.lock.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    sources = {path.name: path for path in (manifests / "sample").iterdir() if path.is_dir()}
    content["sources"] = {name: content["sources"][name] for name in sources}
    file.write_text(f"# Pinned.\n{yaml.safe_dump(content, sort_keys=False)}", encoding="utf-8")
    for name, source in load_lock(file).sources.items():
        write_archive(mirror / source.archive, files_of(sources[name]))
    pin(manifests)
    return manifests


def files_of(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def pin(manifests: Path) -> None:
    file = manifests / "upstream.lock.yaml"
    relock(
        file,
        load_lock(file),
        mirror=manifests.parent / "mirror",
        notify=lambda _: None,
        helm=Path("helm"),
    )


def offer(manifests: Path, version: str, changes: Mapping[str, str]) -> None:
    """Put another version of Kubeflow's manifests into the mirror."""
    files = files_of(manifests / "sample" / "kubeflow-manifests")
    write_archive(
        manifests.parent / "mirror" / f"kubeflow-manifests-{version}.tar.gz", files | dict(changes)
    )


def bump(
    manifests: Path, deployment: Deployment, version: str, source: str = "kubeflow-manifests"
) -> None:
    bump_and_show(
        deployment,
        manifests=manifests,
        cache=manifests.parent / "cache",
        mirror=manifests.parent / "mirror",
        source=source,
        version=version,
        commit=COMMIT,
        notify=lambda _: None,
    )


def with_objects(manifests: Path, old: str, new: str) -> dict[str, str]:
    """Istio's objects with another text in them."""
    text = (manifests / "sample" / "kubeflow-manifests" / ISTIO).read_text(encoding="utf-8")
    assert old in text
    return {ISTIO: text.replace(old, new)}


def test_a_new_version_is_shown_and_pinned(
    workshop: Path, vanilla: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    selector = "matchLabels: {app: istiod}"
    offer(workshop, "26.03.1", with_objects(workshop, selector, "matchLabels: {app: pilot}"))

    note = {
        "leaving": "26.03",
        "subject": "Pilot",
        "why": "Its selector changed.",
        "source": "https://istio.io",
        "delete": ["Deployment.apps istio-system/istiod"],
    }
    (workshop / "upgrades.yaml").write_text(yaml.safe_dump([note]), encoding="utf-8")

    bump(workshop, vanilla, "26.03.1")

    shown = capsys.readouterr().out
    assert "istio: 1 changed" in shown
    assert "cannot change: spec.selector.matchLabels.app" in shown
    assert "By hand, when Kubeflow 26.03 becomes 26.03.1" in shown
    lock = load_lock(workshop / "upstream.lock.yaml")
    assert (lock.kubeflow, lock.sources["kubeflow-manifests"].version) == ("26.03.1", "26.03.1")
    assert lock.sources["kubeflow-manifests"].commit == COMMIT
    assert (workshop / "upstream.lock.yaml").read_text("utf-8").startswith("# Pinned.\n")


def test_what_was_pinned_renders_again_without_a_change(
    workshop: Path, vanilla: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(workshop, "26.03.1", {})
    offer(workshop, "26.03.2", {})

    bump(workshop, vanilla, "26.03.1")
    bump(workshop, vanilla, "26.03.2")

    assert "changed" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({ISTIO: "kind: nothing\n"}, "component istio"),
        ({"common/istio/istio-install/base/kustomization.yaml": "resources: [no.yaml]\n"}, "istio"),
    ],
)
def test_a_version_that_does_not_render_is_not_pinned(
    changes: dict[str, str], sentence: str, workshop: Path, vanilla: Deployment
) -> None:
    before = (workshop / "upstream.lock.yaml").read_bytes()
    offer(workshop, "26.03.1", changes)

    with pytest.raises(UserError, match=sentence):
        bump(workshop, vanilla, "26.03.1")

    assert (workshop / "upstream.lock.yaml").read_bytes() == before


def test_a_source_that_is_none_is_named(workshop: Path, vanilla: Deployment) -> None:
    with pytest.raises(UserError, match="there is no source kubeflow; there are"):
        bump(workshop, vanilla, "1", source="kubeflow")


def test_a_chart_has_no_commit(workshop: Path, vanilla: Deployment) -> None:
    with pytest.raises(UserError, match="has no commit"):
        bump(workshop, vanilla, "2.0.0", source="karpenter")


class TestMirror:
    """`make mirror`."""

    def test_a_whole_mirror_needs_nothing(self, workshop: Path) -> None:
        lines: list[str] = []

        fill(workshop, lines)

        assert lines == []

    def test_what_it_lacks_is_fetched(self, workshop: Path) -> None:
        lock_file, mirror = workshop / "upstream.lock.yaml", workshop.parent / "mirror"
        source = load_lock(lock_file).sources["kubeflow-manifests"]
        elsewhere = (mirror / source.archive).rename(workshop.parent / "elsewhere.tar.gz")
        text = lock_file.read_text(encoding="utf-8").replace(source.url, elsewhere.as_uri())
        lock_file.write_text(text, encoding="utf-8")
        lines: list[str] = []

        fill(workshop, lines)

        assert lines == ["fetching kubeflow-manifests 26.03"]
        assert (mirror / source.archive).read_bytes() == elsewhere.read_bytes()

    def test_an_archive_that_is_another_is_refused(self, workshop: Path) -> None:
        source = load_lock(workshop / "upstream.lock.yaml").sources["kubeflow-manifests"]
        write_archive(workshop.parent / "mirror" / source.archive, {"common/one.yaml": "a: 1\n"})

        with pytest.raises(DigestError, match="is not the pinned one"):
            fill(workshop, [])

    def test_what_nobody_has_leaves_nothing_behind(self, workshop: Path) -> None:
        lock_file, mirror = workshop / "upstream.lock.yaml", workshop.parent / "mirror"
        source = load_lock(lock_file).sources["kubeflow-manifests"]
        (mirror / source.archive).unlink()
        missing = (workshop.parent / "missing.tar.gz").as_uri()
        text = lock_file.read_text(encoding="utf-8").replace(source.url, missing)
        lock_file.write_text(text, encoding="utf-8")

        with pytest.raises(NotAvailableError, match="kubeflow-manifests"):
            fill(workshop, [])

        assert not list(mirror.glob("kubeflow-manifests*"))


def fill(manifests: Path, lines: list[str]) -> None:
    fill_mirror(
        load_lock(manifests / "upstream.lock.yaml"),
        manifests.parent / "mirror",
        helm=Path("helm"),
        notify=lines.append,
    )
