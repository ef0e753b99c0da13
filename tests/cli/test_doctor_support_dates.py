"""What the doctor says of the ends of support."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from kubeflow_aws.bump.support import NOTICE, Basis, End, Product
from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.support_dates import (
    Support,
    SupportDates,
    check_support,
    load_support_dates,
)
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from tests.cli.doctor_answers import troubles
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
        lambda_runtimes={"python3.14": forever},
    )


def program(end: date, basis: Basis = Basis.READ) -> Product:
    """A program of upstream's whose version 1.2 is supported until a day."""
    return Product(
        name="Program",
        components=("kubeflow",),
        policy="https://example.com/support",
        images=("example.com/*",),
        ends={"1.2": End(day=end, basis=basis)},
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
    found = troubles(check_support(vanilla, (), dates, today))

    assert found.get("Kubernetes 1.35 on EKS", (None,))[0] is severity
    assert len(found) == (severity is not None)


def test_extended_support_has_a_price(vanilla: Deployment, dates: SupportDates) -> None:
    found = troubles(check_support(vanilla, (), dates, END + timedelta(days=1)))

    _, what, fix = found["Kubernetes 1.35 on EKS"]
    assert "six times as much" in what
    assert "until 2028-03-27" in what
    assert fix == 'set cluster.kubernetes_version to "1.36"'


def test_the_cluster_of_others_is_upgraded_first(vanilla: Deployment, dates: SupportDates) -> None:
    theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})

    found = troubles(check_support(theirs, (), dates, END))

    assert found["Kubernetes 1.35 on EKS"][2].startswith("upgrade theirs minor by minor")


def test_no_newer_version_needs_a_newer_project(vanilla: Deployment, dates: SupportDates) -> None:
    found = troubles(check_support(vanilla, (), dates, LATER - NOTICE - timedelta(days=1)))

    assert "newer version of this project" in found["Kubernetes 1.35 on EKS"][2]


def test_each_product_has_its_own_end(vanilla: Deployment, dates: SupportDates) -> None:
    rds = variation(vanilla, {"preset": "rds-only"})
    today = date(2026, 11, 26)
    yesterday = today - timedelta(days=1)
    ended = dates.model_copy(
        update={
            "mysql": {"8.4": Support(standard=date(2020, 1, 1), extended=yesterday)},
            "lambda_runtimes": {"python3.14": Support(standard=today)},
        }
    )

    found = troubles(check_support(rds, [(program(yesterday), "1.2.3")], ended, today))

    assert {name: severity for name, (severity, _, _) in found.items()} == {
        "RDS for MySQL 8.4": Severity.FAILURE,
        "Program 1.2.3": Severity.WARNING,
        "Lambda runtime python3.14": Severity.WARNING,
    }


@pytest.mark.parametrize(
    ("basis", "sentence"),
    [
        (Basis.READ, "upstream names this day"),
        (Basis.DERIVED, "the day follows from upstream's rules"),
    ],
)
def test_it_says_how_a_day_is_known(
    basis: Basis, sentence: str, vanilla: Deployment, dates: SupportDates
) -> None:
    today = date(2026, 11, 26)

    found = troubles(check_support(vanilla, [(program(today, basis), "1.2.3")], dates, today))

    assert sentence in found["Program 1.2.3"][1]


def test_a_release_without_dates_is_not_fine(vanilla: Deployment, dates: SupportDates) -> None:
    unknown = Product(name="Kubeflow", components=("kubeflow",), policy="https://example.com")

    found = troubles(check_support(vanilla, [(unknown, "27.03")], dates, date(2026, 11, 26)))

    assert found["Kubeflow 27.03"][0] is Severity.UNSEEN


def test_an_image_without_dates_is_left_to_the_audit(
    vanilla: Deployment, dates: SupportDates
) -> None:
    unknown = program(LATER).model_copy(update={"ends": {}})

    assert not troubles(check_support(vanilla, [(unknown, "1.2.3")], dates, date(2026, 11, 26)))


def test_extended_support_of_eks_follows_standard_support() -> None:
    for row in kubernetes_versions().values():
        assert timedelta(0) < row.extended_support_until - row.standard_support_until


class TestFile:
    """The checked-in dates."""

    def test_it_knows_all_that_is_deployed(self, production_assembly: Assembly) -> None:
        templates = [
            file.read_text(encoding="utf-8")
            for file in production_assembly.folder.glob("*.template.json")
        ]
        used = {name for text in templates for name in re.findall(r'"Runtime": "([^"]+)"', text)}

        assert used == set(load_support_dates().lambda_runtimes)

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
