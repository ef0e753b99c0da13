"""What `./kubeflow-aws audit` says, and when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kubeflow_aws.bump.support import load_support
from kubeflow_aws.cli.audit.report import AuditReport, audit_platform
from kubeflow_aws.cli.synth.support import support_lines
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from kubeflow_aws.upstream.sources import Origin
from tests.support.osv import Database, serve

TODAY = date(2026, 11, 30)
ISTIO = "registry.istio.io/release/pilot"
QUEUE = f"gcr.io/knative-releases/queue@sha256:{'a' * 64}"
LONG = f"quay.io/somebody/{'long-' * 12}name:1.0"

SUPPORT = """
read_on: 2026-11-30
products:
  - {name: Kubeflow, components: [istio], pinned: 26.03.1, policy: https://a.io}
  - name: Istio
    components: [istio]
    pinned: 1.30.4
    images: [registry.istio.io/release/*]
    osv: {ecosystem: Go, name: istio.io/istio}
    policy: https://a.io
    ends: {"1.30": {day: 2027-01-31, basis: derived}}
    holes:
      - ids: [CVE-2026-2, GHSA-2]
        below: 1.31.0
        link: https://a.io
        why_it_stays: Nobody can reach what has it.
  - name: Knative
    components: [istio]
    pinned: 1.22.0
    images: [gcr.io/knative-releases/*]
    policy: https://a.io
    ends: {"1.22": {day: 2026-11-03, basis: read}}
"""
FLOORS = """
- images: [registry.istio.io/release/pilot]
  least: 1.30.4
  why: Older ones have a hole that is known.
  link: https://a.io
  read_on: 2026-11-30
"""


@pytest.fixture
def manifests(tmp_path: Path, project: Path) -> Path:
    """A folder with the files that an audit reads."""
    (tmp_path / "support.yaml").write_text(SUPPORT, encoding="utf-8")
    (tmp_path / "image-floors.yaml").write_text(FLOORS, encoding="utf-8")
    lock = (project / "manifests" / "upstream.lock.yaml").read_text(encoding="utf-8")
    (tmp_path / "upstream.lock.yaml").write_text(lock, encoding="utf-8")
    return tmp_path


@pytest.fixture
def platform(project: Path) -> Callable[..., Platform]:
    """A platform of one component with the images given."""
    component = load_components(project / "manifests" / "components")["istio"]

    def of(*images: str, label: str = "1.22.0") -> Platform:
        objects: list[KubernetesObject] = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "one", "labels": {"app.kubernetes.io/version": label}},
                "spec": {"containers": [{"image": image}]},
            }
            for image in images
        ]
        rendered = Rendered(component=component, objects=objects)
        return Platform(origin=Origin.UPSTREAM, release="26.03.1", components=[rendered])

    return of


@pytest.fixture
def audit(manifests: Path, platform: Callable[..., Platform]) -> Callable[..., AuditReport]:
    """Audit images against a database that knows what is given."""

    def of(*images: str, database: Database | None = None, upstream: str = "1.30.1") -> AuditReport:
        with serve(database or Database()) as url:
            return audit_platform(
                platform(*images),
                every_variant=platform(f"{ISTIO}:{upstream}"),
                manifests=manifests,
                osv=url,
                today=TODAY,
            )

    return of


def test_each_image_is_one_record(audit: Callable[..., AuditReport]) -> None:
    report = audit(f"{ISTIO}:1.30.4", QUEUE, "docker.io/a/b:latest")

    assert [
        (each.image, each.program, each.version, each.floor, each.support, [*each.holes])
        for each in report.records
    ] == [
        ("docker.io/a/b:latest", "", "", "", "no date known", []),
        (QUEUE, "Knative", "1.22.0", "", "ended 2026-11-03", []),
        (
            f"{ISTIO}:1.30.4",
            "Istio",
            "1.30.4",
            "1.30.4",
            "ends 2027-01-31 (derived)",
            ["CVE-2026-2"],
        ),
    ]
    assert not any(each.is_below for each in report.records)
    assert not report.is_troubled
    assert not report.notes


def test_for_people_it_is_sorted_by_program_and_fits(audit: Callable[..., AuditReport]) -> None:
    report = audit(f"{ISTIO}:1.30.4", QUEUE, LONG)

    assert report.page == [
        "Kubeflow 26.03.1: no date known",
        "Istio 1.30.4: support ends 2027-01-31 (derived)",
        f"  {ISTIO}:1.30.4  floor 1.30.4",
        "  ! CVE-2026-2 stays: Nobody can reach what has it.",
        "Knative 1.22.0: support ended 2026-11-03",
        f"  {QUEUE.partition('@')[0]}@sha256:{'a' * 12}",
        "Others: no date known",
        LONG if len(LONG) > 78 else f"  {LONG}",
    ]


def test_an_image_below_its_floor_fails(audit: Callable[..., AuditReport]) -> None:
    report = audit(f"{ISTIO}:1.30.3")

    assert report.is_troubled
    assert report.notes == [f"{ISTIO}:1.30.3 is below its floor"]
    assert (report.records[0].floor, report.records[0].is_below) == ("1.30.4", True)
    assert "BELOW IT" in "\n".join(report.page)


def affected(*ids: str) -> Database:
    return Database(
        affected={("istio.io/istio", "1.30.4"): [list(ids)]},
        advisories={each: {"aliases": [each.replace("GO-", "CVE-2026-")]} for each in ids},
    )


def test_a_hole_without_a_note_fails(audit: Callable[..., AuditReport]) -> None:
    report = audit(f"{ISTIO}:1.30.4", database=affected("GO-9"))

    assert report.is_troubled
    assert report.records[0].holes == {
        "CVE-2026-2": "Nobody can reach what has it.",
        "CVE-2026-9": "",
    }
    assert "without a note: CVE-2026-9" in report.notes[0]


def test_a_hole_with_a_note_does_not(audit: Callable[..., AuditReport]) -> None:
    report = audit(f"{ISTIO}:1.30.4", database=affected("GO-2"))

    assert not report.is_troubled
    assert [*report.records[0].holes] == ["CVE-2026-2"]


def test_a_variant_is_asked_for_as_its_version(audit: Callable[..., AuditReport]) -> None:
    database = Database()

    audit(f"{ISTIO}:v1.30.4-distroless", database=database)

    [question] = database.questions[0]["queries"]
    assert question["version"] == "1.30.4"


def test_without_a_network_one_line_says_so(
    manifests: Path, platform: Callable[..., Platform]
) -> None:
    with serve(Database()) as gone:
        pass

    report = audit_platform(
        platform(f"{ISTIO}:1.30.4"),
        every_variant=platform(f"{ISTIO}:1.30.1"),
        manifests=manifests,
        osv=gone,
        today=TODAY,
    )

    assert not report.is_troubled
    [note] = report.notes
    assert "osv.dev gave no answer" in note
    assert "\n" not in note


def test_an_idle_floor_is_spoken_of(audit: Callable[..., AuditReport]) -> None:
    [note] = audit(f"{ISTIO}:1.30.4", upstream="1.30.4").notes

    assert "remove it" in note


def test_a_floor_for_nothing_is_refused(manifests: Path, platform: Callable[..., Platform]) -> None:
    with pytest.raises(UserError, match="no component of any option names this image"):
        audit_platform(
            platform(QUEUE), every_variant=platform(QUEUE), manifests=manifests, osv="", today=TODAY
        )


def test_of_the_sample_nobody_says_that_a_floor_is_idle(
    manifests: Path, platform: Callable[..., Platform]
) -> None:
    sample = replace(platform(QUEUE), origin=Origin.SAMPLE)

    with serve(Database()) as url:
        report = audit_platform(
            sample, every_variant=sample, manifests=manifests, osv=url, today=TODAY
        )

    assert "sample" in report.notes[0]


def test_the_summary_warns_of_what_has_ended_or_soon_will(
    manifests: Path, platform: Callable[..., Platform]
) -> None:
    support = load_support(manifests / "support.yaml")

    assert list(support_lines(platform(QUEUE), support, TODAY)) == [
        "warning: support of Knative 1.22.0 ended on 2026-11-03",
        "warning: support of Istio 1.30.4 ends on 2027-01-31, derived from its rules",
    ]
    assert not list(support_lines(platform(QUEUE), support, date(2026, 8, 4)))


def test_the_summary_says_nothing_of_what_is_not_there(
    manifests: Path, platform: Callable[..., Platform]
) -> None:
    without = replace(platform(QUEUE), components=[])

    assert not list(support_lines(without, load_support(manifests / "support.yaml"), TODAY))
