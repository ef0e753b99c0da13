"""Until when AWS and upstream support what a deployment is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.bump.support import NOTICE, SUPPORT_FILE, Basis, Product
from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.cli.checks.check import Check, failed, passed, unseen, warned
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.database import MAJOR_VERSION, Database
from kubeflow_aws.files.data_file import read_data_file

FILE: Final = Path(__file__).with_name("support_dates.yaml")
UPSTREAM_ENDS: Final = {
    Basis.READ: "upstream names this day",
    Basis.DERIVED: "the day follows from upstream's rules",
}


class Support(BaseModel):
    """How long a version is supported.

    Attributes:
        standard: Last day of support.
        extended: Last day of support that costs more, where there is such support.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    standard: date
    extended: date | None = None


class SupportDates(BaseModel):
    """The file of dates.

    Attributes:
        read_on: When the dates were looked up.
        mysql: Of RDS, by major version.
        lambda_runtimes: Of the functions of every deployment, by runtime.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_on: date
    mysql: dict[str, Support]
    lambda_runtimes: dict[str, Support]


def load_support_dates(path: Path = FILE) -> SupportDates:
    """Read the file of dates.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return read_data_file(path, TypeAdapter(SupportDates))


def check_support(
    deployment: Deployment,
    products: Iterable[tuple[Product, str]],
    dates: SupportDates,
    today: date,
) -> Iterator[Check]:
    """Whether everything is supported, and will be for a while.

    Args:
        deployment: Names the versions.
        products: The programs of its components with their pinned versions; those of which no
            date is known are left to `./kubeflow-aws audit`.
        dates: The file of dates.
        today: The day on which it is asked.
    """
    yield _kubernetes(deployment, today)
    if deployment.database_option is Database.RDS:
        yield _check(
            f"RDS for MySQL {MAJOR_VERSION}",
            dates.mysql.get(MAJOR_VERSION),
            today,
            after="RDS bills extended support for every vCPU-hour",
            fix="plan a major version upgrade; see the RDS User Guide, MySQL major versions",
        )
    for product, version in products:
        if end := product.end_of(version):
            yield _check(
                f"{product.name} {version}",
                Support(standard=end.day),
                today,
                after=f"{UPSTREAM_ENDS[end.basis]} ({product.policy})",
                fix="take a newer version of this project, or move its source by "
                "./kubeflow-aws bump",
            )
        elif not product.images:  # of which `./kubeflow-aws audit` cannot speak
            yield unseen(
                f"{product.name} {version}",
                f"{SUPPORT_FILE} has no date of it",
                f"look at {product.policy}, and add it to manifests/{SUPPORT_FILE}",
            )
    yield from (
        _check(
            f"Lambda runtime {runtime}",
            support,
            today,
            after="it gets no patches, and AWS soon creates no functions on it",
            fix="take a newer version of this project, or of aws-cdk-lib for the CDK's functions",
        )
        for runtime, support in dates.lambda_runtimes.items()
    )


def _kubernetes(deployment: Deployment, today: date) -> Check:
    minor = deployment.cluster.kubernetes_version
    row = kubernetes_versions()[minor]
    newer = [
        f'"{other.minor}"'
        for other in kubernetes_versions().values()
        if other.standard_support_until > max(today + NOTICE, row.standard_support_until)
    ]
    upgrade = f"set cluster.kubernetes_version to {' or '.join(newer)}"
    if existing := deployment.cluster.existing:
        upgrade = (
            f"upgrade {existing.name} minor by minor (aws eks update-cluster-version), and "
            f"{upgrade}"
        )
    return _check(
        f"Kubernetes {minor} on EKS",
        Support(standard=row.standard_support_until, extended=row.extended_support_until),
        today,
        after="extended support costs six times as much for every hour of the cluster",
        fix=upgrade if newer else "take a newer version of this project, which knows newer ones",
    )


def _check(name: str, support: Support | None, today: date, *, after: str, fix: str) -> Check:
    """The verdict on one version.

    Args:
        name: What it is.
        support: Its dates, if they are known.
        today: The day on which it is asked.
        after: What it means that standard support has ended.
        fix: What to do before or after that.
    """
    if support is None:
        return unseen(name, f"{FILE.name} has no dates of it", f"add them to {FILE.name}")
    standard, extended = support.standard, support.extended
    if extended and today > extended:
        return failed(name, f"all support ended on {extended}", fix)
    if today > standard:
        until = f", until {extended}" if extended else ""
        return warned(name, f"standard support ended on {standard}: {after}{until}", fix)
    if standard - today <= NOTICE:
        days = (standard - today).days
        return warned(name, f"standard support ends on {standard}, in {days} days: {after}", fix)
    return passed(name, f"supported until {standard}")
