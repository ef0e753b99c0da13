"""Other versions of sources: what is asked for, and what is written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.fetching import NotAvailableError
from tests.support.workshops import (
    COMMITS,
    LOCK,
    Workshop,
    contents,
    kustomization,
    platform_files,
    queue_files,
    refused,
    thing,
    versions,
)


class TestPinning:
    """What is written, and that it is only what was asked for."""

    def test_version_commit_archive_and_digest_follow_and_comments_stay(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(web=[thing("ConfigMap", "new")]))
        before = workshop.lock_file.read_text(encoding="utf-8")

        workshop.bump("kubeflow-manifests=1.1")

        source = workshop.lock.sources["kubeflow-manifests"]
        text = workshop.lock_file.read_text(encoding="utf-8")
        old = yaml.safe_load(before)["sources"]["kubeflow-manifests"]["digest"]
        assert text == (
            before.replace('"1.0"', '"1.1"')
            .replace("manifests-1.0", "manifests-1.1")
            .replace(COMMITS["1.0"], COMMITS["1.1"])
            .replace(old, source.digest)
        )
        assert source.digest != old
        shown = capsys.readouterr().out
        assert "kubeflow-manifests: 1.0 -> 1.1" in shown
        assert "web +1" in shown
        assert shown.splitlines()[-1].startswith("Pinned in manifests/upstream.lock.yaml.")
        assert "+ ConfigMap web/new" in workshop.report

    def test_several_sources_go_in_one_call(self, workshop: Workshop) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))
        workshop.offer("queue", "v2", queue_files("2"))

        workshop.bump("kubeflow-manifests=1.1", "queue=v2")

        assert versions(workshop) == {"kubeflow-manifests": "1.1", "queue": "v2"}

    def test_what_was_pinned_is_pinned_and_renders_again_without_a_change(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files())
        workshop.offer("kubeflow-manifests", "1.2", platform_files())
        workshop.bump("kubeflow-manifests=1.1")

        refused(workshop, "kubeflow-manifests=1.1", match=r"is pinned at 1\.1; nothing to do")
        workshop.bump("kubeflow-manifests=1.2")

        assert capsys.readouterr().out.count("Objects: none changes") == 2

    def test_another_commit_of_the_same_version_is_another_version(
        self, workshop: Workshop
    ) -> None:
        # What is pinned was fetched once, and is in the cache.
        workshop.offer("kubeflow-manifests", "1.1", platform_files())
        workshop.bump("kubeflow-manifests=1.1")
        workshop.offer("queue", "v1", queue_files("2"), commit="d" * 40)

        workshop.bump(f"queue=v1@{'d' * 40}")

        assert workshop.lock.sources["queue"].commit == "d" * 40

    def test_a_chart_is_moved_in_its_url(self, workshop: Workshop) -> None:
        chart = {"Chart.yaml": "name: tool\nversion: 1.0.0\n", "values.yaml": "{a: 1}\n"}
        workshop.lock_file.write_text(
            workshop.lock_file.read_text(encoding="utf-8")
            + """  tool:
    version: 1.0.0
    url: oci://example.com/tool:1.0.0
    archive: tool-1.0.0.tgz
    paths: [values.yaml, Chart.yaml]
    chart: {name: tool}
    digest: sha256:"""
            + "2" * 64
            + "\n",
            encoding="utf-8",
        )
        workshop.offer("tool", "1.0.0", chart, commit="")
        (workshop.mirror / "tool-1.0.0.tar.gz").rename(workshop.mirror / "tool-1.0.0.tgz")
        workshop.pin()
        chart["Chart.yaml"] = "name: tool\nversion: 1.1.0\n"
        workshop.offer("tool", "1.1.0", chart, commit="")
        (workshop.mirror / "tool-1.1.0.tar.gz").rename(workshop.mirror / "tool-1.1.0.tgz")

        workshop.bump("tool=1.1.0")

        source = workshop.lock.sources["tool"]
        assert (source.url, source.archive) == ("oci://example.com/tool:1.1.0", "tool-1.1.0.tgz")
        refused(workshop, f"tool=1.2.0@{'1' * 40}", match="is a chart, which has no commit")

    def test_a_deployment_that_does_not_render_stops_it(
        self, workshop: Workshop, cognito: Deployment
    ) -> None:
        workshop.offer(
            "queue",
            "v2",
            {
                "config/kustomization.yaml": kustomization("queue.yaml"),
                "config/queue.yaml": thing("ConfigMap", "queue")
                + "---\n"
                + thing("ConfigMap", "web"),
            },
        )
        before = workshop.lock_file.read_bytes()

        with pytest.raises(UserError, match="nothing is pinned"):
            workshop.bump("queue=v2", deployments={"mine": cognito})

        assert "ConfigMap web/web is defined twice" in workshop.report
        assert workshop.lock_file.read_bytes() == before


class TestAsking:
    """What is asked for has a form, and is refused in one sentence."""

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ((), r"^say what to pin, for example "),
            (("queue",), r"^queue: say NAME=VERSION"),
            (("queue=",), r"^queue=: say NAME=VERSION"),
            (("queue=v2@123",), r"say NAME=VERSION, or NAME=VERSION@COMMIT with 40 hex digits"),
            (("queue=v2 other=v3",), r"a blank between several"),
            (("kubeflow=1",), r"there is no source kubeflow; there are kubeflow-manifests, queue$"),
            (("queue=v2", "queue=v3"), r"^queue=v3: queue is there twice"),
            (("queue=v1",), r"^queue=v1: queue is pinned at v1; nothing to do$"),
            ((f"queue=v1@{COMMITS['v1']}",), r"is pinned at v1; nothing to do$"),
        ],
    )
    def test_a_wrong_wish(self, words: tuple[str, ...], sentence: str, workshop: Workshop) -> None:
        refused(workshop, *words, match=sentence)

    def test_a_name_to_let_through_that_is_none(self, workshop: Workshop) -> None:
        refused(
            workshop,
            "queue=v2",
            accept=("webb",),
            match="--accept: webb: is neither a component nor a source; there are jobs, ",
        )

    def test_a_commit_that_is_not_the_archives(self, workshop: Workshop) -> None:
        workshop.offer("queue", "v2", queue_files())

        refused(
            workshop,
            f"queue=v2@{'d' * 40}",
            match=f"queue-v2.tar.gz: is commit {COMMITS['v2']}, not {'d' * 40}, which was asked",
        )

    def test_an_archive_that_does_not_say_its_commit(self, workshop: Workshop) -> None:
        workshop.offer("queue", "v2", queue_files(), commit="")

        refused(workshop, "queue=v2", match="does not say which commit it is; say queue=v2@COMMIT")
        workshop.bump(f"queue=v2@{COMMITS['v2']}")

        assert workshop.lock.sources["queue"].commit == COMMITS["v2"]

    def test_a_version_that_nobody_has(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Nobody listens on the discard port of this machine.
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        before = contents(workshop.manifests)

        with pytest.raises(NotAvailableError, match=r"archive/refs/tags/v2\.tar\.gz"):
            workshop.bump("queue=v2")

        assert contents(workshop.manifests) == before

    def test_an_entry_in_another_layout_is_not_guessed_at(self, workshop: Workshop) -> None:
        content = yaml.safe_load(workshop.lock_file.read_text(encoding="utf-8"))
        workshop.lock_file.write_text(yaml.safe_dump(content, default_flow_style=True), "utf-8")
        workshop.offer("queue", "v2", queue_files())

        refused(workshop, "queue=v2", match="sources.queue: is not a block of lines")


class TestScripts:
    """Programs of which the mirror may have a stand-in."""

    STAND_IN = "raise SystemExit('stand-in')\n"

    @pytest.fixture
    def scripted(self, tmp_path: Path, renders: Path) -> Workshop:
        made = Workshop(root=tmp_path, cache=renders, mirror=tmp_path / "mirror")
        lines = [
            "    scripts:",
            "      - path: config/run.py",
            f"        digest: {sha256('print(1)')}",
            f"        stand_in: {sha256(self.STAND_IN)}",
        ]
        made.make(
            LOCK.replace("    paths: [config]\n", "    paths: [config]\n" + "\n".join(lines) + "\n")
        )
        return made

    def test_the_real_programs_digest_is_pinned(self, scripted: Workshop) -> None:
        scripted.offer("queue", "v2", {**queue_files(), "config/run.py": "print(2)"})

        scripted.bump("queue=v2")

        [script] = scripted.lock.sources["queue"].scripts
        assert script.digest == sha256("print(2)")

    def test_a_stand_in_proves_nothing_of_the_program(self, scripted: Workshop) -> None:
        scripted.offer("queue", "v2", {**queue_files(), "config/run.py": self.STAND_IN})

        refused(scripted, "queue=v2", match="nothing is pinned")
        assert "config/run.py: the digest in the lock file is the old version's" in scripted.report
        scripted.bump("queue=v2", accept=["queue"])

        [script] = scripted.lock.sources["queue"].scripts
        assert script.digest == sha256("print(1)")

    def test_a_program_that_is_gone_is_told(self, scripted: Workshop) -> None:
        scripted.offer("queue", "v2", queue_files())

        scripted.bump("queue=v2")

        assert "queue v2 has no config/run.py: take it out of the lock file" in scripted.report


class TestFreshClone:
    """Only what renders from an empty cache is pinned."""

    def test_a_source_that_only_the_cache_still_has_stops_it(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        workshop.offer("kubeflow-manifests", "1.1", platform_files())
        workshop.offer("kubeflow-manifests", "1.2", platform_files())
        workshop.bump("kubeflow-manifests=1.1")
        (workshop.mirror / "queue-v1.tar.gz").unlink()

        refused(workshop, "kubeflow-manifests=1.2", match="queue is in no mirror and cannot be")

    def test_what_was_pinned_renders_with_the_archives_alone(
        self, workshop: Workshop, tmp_path: Path, renders: Path
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))
        workshop.offer("queue", "v2", queue_files())
        workshop.bump("kubeflow-manifests=1.1")
        clone = Workshop(root=tmp_path, cache=tmp_path / "empty", mirror=workshop.mirror)
        clone.cache.mkdir()
        (clone.cache / "tools").symlink_to(renders / "tools")
        workshop.offer("kubeflow-manifests", "1.2", platform_files(queue="v2"))

        clone.bump("kubeflow-manifests=1.2")

        assert versions(clone) == {"kubeflow-manifests": "1.2", "queue": "v2"}

    def test_the_lock_file_is_replaced_whole_or_not_at_all(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files())
        before = contents(workshop.manifests)

        def full(self: Path, content: bytes) -> int:
            with self.open("wb") as file:
                file.write(content[:10])
            raise OSError(28, os.strerror(28))

        with monkeypatch.context() as disk:
            disk.setattr(Path, "write_bytes", full)
            with pytest.raises(OSError, match="No space left"):
                workshop.bump("kubeflow-manifests=1.1")

        assert contents(workshop.manifests) == before


def sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
