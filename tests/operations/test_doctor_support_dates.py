"""What the doctor says of the ends of support."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.lock import load_lock
from operations.check import Severity
from operations.doctor.support_dates import (
    NOTICE,
    Support,
    SupportDates,
    check_support,
    load_support_dates,
)
from tests.operations.doctor_answers import troubles
from tests.support.assembly import Assembly
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, variation

END = date(2027, 3, 27)
"""Of EKS standard support for Kubernetes 1.35."""

EXTENDED = date(2028, 3, 27)
LATER = date(2040, 1, 1)


@pytest.fixture
def dates() -> SupportDates:
    """A file of dates in which nothing but Kubernetes ends soon."""
    forever = Support(standard=LATER)
    return SupportDates(
        read_on=date(2026, 11, 26),
        mysql={"8.4": forever},
        kubeflow={"26.03": forever},
        lambda_runtimes={"python3.14": forever},
    )


@pytest.mark.parametrize(
    ("today", "severity"),
    [
        (END - NOTICE - timedelta(days=1), None),
        (END - NOTICE, Severity.WARNING),
        (END, Severity.WARNING),
        (END + timedelta(days=1), Severity.WARNING),
        (EXTENDED, Severity.WARNING),
        (EXTENDED + timedelta(days=1), Severity.FAILURE),
    ],
)
def test_kubernetes_is_spoken_of_before_its_end_and_refused_after_all_support(
    today: date, severity: Severity | None, vanilla: Deployment, dates: SupportDates
) -> None:
    found = troubles(check_support(vanilla, "26.03", dates, today))

    assert found.get("Kubernetes 1.35 on EKS", (None,))[0] is severity
    assert len(found) == (severity is not None)


def test_extended_support_has_a_price(vanilla: Deployment, dates: SupportDates) -> None:
    found = troubles(check_support(vanilla, "26.03", dates, END + timedelta(days=1)))

    _, what, fix = found["Kubernetes 1.35 on EKS"]
    assert "six times as much" in what
    assert "until 2028-03-27" in what
    assert fix == 'set cluster.kubernetes_version to "1.36"'


def test_the_cluster_of_others_is_upgraded_first(vanilla: Deployment, dates: SupportDates) -> None:
    theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})

    found = troubles(check_support(theirs, "26.03", dates, END))

    assert found["Kubernetes 1.35 on EKS"][2].startswith("upgrade theirs minor by minor")


def test_no_newer_version_needs_a_newer_project(vanilla: Deployment, dates: SupportDates) -> None:
    found = troubles(check_support(vanilla, "26.03", dates, LATER - NOTICE - timedelta(days=1)))

    assert "newer version of this project" in found["Kubernetes 1.35 on EKS"][2]


def test_each_product_has_its_own_end(vanilla: Deployment, dates: SupportDates) -> None:
    rds = variation(vanilla, {"preset": "rds-only"})
    today = date(2026, 11, 26)
    yesterday = today - timedelta(days=1)
    ended = dates.model_copy(
        update={
            "mysql": {"8.4": Support(standard=date(2020, 1, 1), extended=yesterday)},
            "kubeflow": {"26.03": Support(standard=yesterday)},
            "lambda_runtimes": {"python3.14": Support(standard=today)},
        }
    )

    found = troubles(check_support(rds, "26.03", ended, today))

    assert {name: severity for name, (severity, _, _) in found.items()} == {
        "RDS for MySQL 8.4": Severity.FAILURE,
        "Kubeflow 26.03": Severity.WARNING,
        "Lambda runtime python3.14": Severity.WARNING,
    }


def test_a_version_without_dates_is_not_fine(vanilla: Deployment, dates: SupportDates) -> None:
    found = troubles(check_support(vanilla, "27.03", dates, date(2026, 11, 26)))

    assert found["Kubeflow 27.03"][0] is Severity.UNSEEN


def test_extended_support_of_eks_follows_standard_support() -> None:
    for row in KUBERNETES_VERSIONS.values():
        assert timedelta(0) < row.extended_support_until - row.standard_support_until


class TestFile:
    """The checked-in dates."""

    def test_it_knows_all_that_is_deployed(
        self, project: Path, production_assembly: Assembly
    ) -> None:
        dates = load_support_dates()
        release = load_lock(project / "manifests" / "upstream.lock.yaml").kubeflow
        templates = [
            file.read_text(encoding="utf-8")
            for file in production_assembly.folder.glob("*.template.json")
        ]
        used = {name for text in templates for name in re.findall(r'"Runtime": "([^"]+)"', text)}

        assert release in dates.kubeflow
        assert used == set(dates.lambda_runtimes)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("mysql: {}", "read_on"),
            ("read_on: soon", "read_on"),
            ("{", "cannot be read"),
        ],
    )
    def test_a_broken_file_is_a_sentence(self, text: str, sentence: str, tmp_path: Path) -> None:
        file = tmp_path / "dates.yaml"
        file.write_text(text, encoding="utf-8")

        with pytest.raises(UserError, match=sentence):
            load_support_dates(file)

    def test_a_missing_file_is_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="cannot be read"):
            load_support_dates(tmp_path / "nowhere.yaml")
