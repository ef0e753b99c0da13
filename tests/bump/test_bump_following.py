"""Other versions of sources: what moves along, and what stands in a copy's place."""

from __future__ import annotations

import pytest

from tests.support.workshops import (
    COMMITS,
    Workshop,
    kustomization,
    platform_files,
    queue_files,
    refused,
    thing,
    versions,
)


class TestFollowing:
    """References to other repositories are followed."""

    def test_what_is_named_moves_along(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))
        workshop.offer("queue", "v2", queue_files("2"))

        workshop.bump("kubeflow-manifests=1.1")

        queue = workshop.lock.sources["queue"]
        assert (queue.version, queue.commit) == ("v2", COMMITS["v2"])
        assert [each.url for each in queue.replaces] == [
            "https://github.com/example/queue/config?ref=v2"
        ]
        assert "queue: v1 -> v2, as kubeflow-manifests names it" in capsys.readouterr().out
        assert "version: v2  # the newest" in workshop.lock_file.read_text(encoding="utf-8")

    def test_parameters_of_a_reference_may_change(self, workshop: Workshop) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2&timeout=60s"))
        workshop.offer("queue", "v2", queue_files())

        workshop.bump("kubeflow-manifests=1.1")

        [reference] = workshop.lock.sources["queue"].replaces
        assert reference.url.endswith("?ref=v2&timeout=60s")

    def test_what_is_asked_for_wins_and_is_said(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))
        workshop.offer("queue", "v3", queue_files("3"))

        workshop.bump("kubeflow-manifests=1.1", "queue=v3")

        assert versions(workshop)["queue"] == "v3"
        assert "queue v3 was asked for; upstream names v2" in capsys.readouterr().out

    def test_what_no_component_uses_moves_along_if_one_version_is_named(
        self, workshop: Workshop
    ) -> None:
        workshop.write_components(
            {
                "jobs/kustomization.yaml": kustomization("own.yaml"),
                "jobs/own.yaml": thing("ConfigMap", "own"),
            }
        )
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))
        workshop.offer("queue", "v2", queue_files())

        workshop.bump("kubeflow-manifests=1.1")

        assert versions(workshop)["queue"] == "v2"

    def test_a_repository_that_is_no_source_is_told_with_its_entry(
        self, workshop: Workshop
    ) -> None:
        files = platform_files()
        files["apps/jobs/kustomization.yaml"] += "- https://github.com/other/tool//deploy?ref=v7\n"
        workshop.offer("kubeflow-manifests", "1.1", files)

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        for line in (
            "add to sources in manifests/upstream.lock.yaml:",
            "    tool:",
            "      url: https://github.com/other/tool/archive/{commit}.tar.gz",
            "        - url: https://github.com/other/tool//deploy?ref=v7",
            "          path: deploy",
        ):
            assert (
                line in workshop.report.splitlines() or f"  {line}" in workshop.report.splitlines()
            )

    def test_a_folder_that_the_lock_file_does_not_replace_is_told(self, workshop: Workshop) -> None:
        files = platform_files()
        files["apps/jobs/kustomization.yaml"] += "- https://github.com/example/queue/more?ref=v1\n"
        workshop.offer("kubeflow-manifests", "1.1", files)

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        assert "queue replaces no such reference" in workshop.report
        assert "- url: https://github.com/example/queue/more?ref=v1" in workshop.report

    def test_two_versions_of_one_repository_are_told(self, workshop: Workshop) -> None:
        files = platform_files(queue="v2")
        files["apps/jobs/kustomization.yaml"] += (
            "- https://github.com/example/queue/config?ref=v3\n"
        )
        workshop.offer("kubeflow-manifests", "1.1", files)
        workshop.offer("queue", "v2", queue_files())
        workshop.offer("queue", "v3", queue_files())

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        assert "names queue v2; say queue=VERSION in TO" in workshop.report

    def test_a_named_version_that_nobody_has(
        self, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2"))

        refused(workshop, "kubeflow-manifests=1.1", match="upstream source queue is in no mirror")


class TestCopies:
    """A source that stands in the place of another's copy of it."""

    @pytest.mark.parametrize(
        ("copied", "note"),
        [
            ("v2", "queue v2 stays in place of kubeflow-manifests's v2: is it still needed?"),
            ("v1", "queue v2 stays in place of kubeflow-manifests's v1\n"),
        ],
    )
    def test_a_copy_that_has_caught_up_is_told(
        self, copied: str, note: str, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def files(version: str) -> dict[str, str]:
            images = f"images: [{{name: x, newTag: {version}}}]\n"
            return {
                "kustomization.yaml": kustomization("queue.yaml") + images,
                "queue.yaml": thing("ConfigMap", "queue"),
            }

        platform = platform_files() | {
            f"apps/queue/{name}": text for name, text in files(copied).items()
        }
        workshop.lock_file.write_text(
            workshop.lock_file.read_text(encoding="utf-8")
            + "    supersedes:\n"
            + "      - {source: kubeflow-manifests, folder: apps/queue, path: config}\n",
            encoding="utf-8",
        )
        for version in ("1.0", "1.1"):
            workshop.offer("kubeflow-manifests", version, platform)
        for version in ("v1", "v2"):
            content = {f"config/{name}": text for name, text in files(version).items()}
            workshop.offer("queue", version, content)
        workshop.pin()

        workshop.bump("kubeflow-manifests=1.1", "queue=v2")

        assert note in capsys.readouterr().out
