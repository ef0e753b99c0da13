"""Other versions of sources: what stops them, and how it is told."""

from __future__ import annotations

import pytest
import yaml

from tests.support.workshops import (
    Workshop,
    kustomization,
    platform_files,
    queue_files,
    refused,
    thing,
    versions,
)


class TestLosses:
    """A render without an error proves little."""

    GATE = "loses Deployment.apps web/web, a gate of component.yaml"

    def lose_the_gate(self, workshop: Workshop) -> None:
        files = platform_files()
        files["apps/web/objects.yaml"] = thing("ConfigMap", "web")
        workshop.offer("kubeflow-manifests", "1.1", files)

    def test_a_gate_that_is_lost_stops_it(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.lose_the_gate(workshop)

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        shown = capsys.readouterr().out
        assert self.GATE in workshop.report
        assert "web: loses every Deployment.apps (1) and 1 more" in shown
        assert "If it is right as it is: ./kubeflow-aws bump ... --accept web" in shown
        assert "Pinned" not in shown

    def test_it_may_be_let_through_by_name_alone(self, workshop: Workshop) -> None:
        self.lose_the_gate(workshop)

        refused(workshop, "kubeflow-manifests=1.1", accept=("jobs",), match="nothing is pinned")
        workshop.bump("kubeflow-manifests=1.1", accept=["web"])

        assert versions(workshop)["kubeflow-manifests"] == "1.1"
        assert "(let through)" in workshop.report


class TestMending:
    """What does not render any more, and how it is mended."""

    def test_a_folder_that_moved_is_proposed(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(folder="ui/upstream/web"))

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        shown = capsys.readouterr().out
        assert "  web: no apps/web\n    perhaps apps/ui/upstream/web\n" in shown
        assert "manifests/components/web/kustomization.yaml names ../../upstream" in workshop.report

    def test_an_overlay_that_was_mended_is_compared_with_what_is_committed(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        workshop.commit()
        files = platform_files(folder="ui/web")
        files["apps/ui/web/objects.yaml"] = thing("ConfigMap", "web")
        workshop.offer("kubeflow-manifests", "1.1", files)
        workshop.write_components(
            {
                "web/kustomization.yaml": kustomization(
                    "../../upstream/kubeflow-manifests/apps/ui/web"
                )
            }
        )

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        assert TestLosses.GATE in workshop.report
        assert "To mend (1)" in capsys.readouterr().out

    def test_what_did_not_render_before_is_not_taken_for_whole(self, workshop: Workshop) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(folder="ui/web"))
        workshop.write_components(
            {
                "web/kustomization.yaml": kustomization(
                    "../../upstream/kubeflow-manifests/apps/ui/web"
                )
            }
        )

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")
        assert "nobody knows what it lost" in workshop.report
        workshop.bump("kubeflow-manifests=1.1", accept=["web"])

        assert versions(workshop)["kubeflow-manifests"] == "1.1"

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"apps/web/objects.yaml": "kind: nothing\n"}, "web: cannot be rendered: "),
            (
                {"apps/web/kustomization.yaml": "resources: [no.yaml]\n"},
                "web: cannot be rendered: ",
            ),
            ({"apps/web/objects.yaml": "a: [\n"}, "web: cannot be rendered: "),
        ],
    )
    def test_a_component_that_fails_is_told_and_the_others_are_compared(
        self,
        change: dict[str, str],
        reason: str,
        workshop: Workshop,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        workshop.offer("kubeflow-manifests", "1.1", platform_files(queue="v2") | change)
        workshop.offer("queue", "v2", queue_files("2"))

        # No loss can be let through for it.
        refused(workshop, "kubeflow-manifests=1.1", accept=("web",), match="nothing is pinned")

        shown = capsys.readouterr().out
        assert reason in shown
        assert "jobs ~1" in shown

    def test_the_summary_fits_a_screen_whatever_there_is_to_mend(
        self, workshop: Workshop, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for index in range(40):
            name = f"a-component-with-a-long-name-{index}"
            workshop.write_components(
                {
                    f"{name}/component.yaml": "description: One of many.\n",
                    f"{name}/kustomization.yaml": kustomization(
                        f"../../upstream/kubeflow-manifests/apps/{name}"
                    ),
                }
            )
        old, new = platform_files(), platform_files()
        for index in range(40):
            name = f"a-component-with-a-long-name-{index}"
            for files, folder in ((old, name), (new, f"elsewhere/{name}")):
                files[f"apps/{folder}/kustomization.yaml"] = kustomization("map.yaml")
                files[f"apps/{folder}/map.yaml"] = thing("ConfigMap", name)
        workshop.offer("kubeflow-manifests", "1.0", old)
        workshop.pin()
        workshop.offer("kubeflow-manifests", "1.1", new)

        refused(workshop, "kubeflow-manifests=1.1", match="nothing is pinned")

        lines = capsys.readouterr().out.splitlines()
        assert len(lines) < 24  # one more is the error's
        assert max(map(len, lines)) <= 80
        assert "To mend (40):" in lines
        assert workshop.report.count("perhaps it is kubeflow-manifests/apps/elsewhere/") >= 40


def test_steps_by_hand_are_counted_and_told(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    note = {
        "leaving": "1.0",
        "subject": "The application",
        "why": "Its selector changed.",
        "source": "https://example.com",
        "delete": ["Deployment.apps web/web"],
    }
    (workshop.manifests / "upgrades.yaml").write_text(yaml.safe_dump([note]), encoding="utf-8")
    workshop.offer("kubeflow-manifests", "1.1", platform_files())

    workshop.bump("kubeflow-manifests=1.1")

    assert "Steps by hand, when Kubeflow 1.0 becomes 1.1: 1" in capsys.readouterr().out
    assert "kubectl delete deployment.apps web --namespace web" in workshop.report
