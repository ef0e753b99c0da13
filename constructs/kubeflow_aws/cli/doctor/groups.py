"""All checks of the doctor, group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import boto3
from botocore.exceptions import BotoCoreError

from kubeflow_aws.bump.support import SUPPORT_FILE, load_support, pinned_products
from kubeflow_aws.cli.aws.clients import NO_ANSWER, Aws
from kubeflow_aws.cli.checks.check import Check, Group, passed, unseen
from kubeflow_aws.cli.doctor.credentials import (
    check_bootstrap,
    check_region,
    identify,
    no_credentials,
)
from kubeflow_aws.cli.doctor.delegation import check_delegation
from kubeflow_aws.cli.doctor.deployed import existing_stacks
from kubeflow_aws.cli.doctor.existing import check_existing
from kubeflow_aws.cli.doctor.names import check_names
from kubeflow_aws.cli.doctor.offers import check_offers
from kubeflow_aws.cli.doctor.quotas import check_quotas
from kubeflow_aws.cli.doctor.resolver import NameServers
from kubeflow_aws.cli.doctor.support_dates import check_support, load_support_dates
from kubeflow_aws.cli.doctor.tools import Machine, check_tools
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.names import STACKS
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.selection import select


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What the doctor looks at beside the deployment file.

    Attributes:
        machine: The machine that would deploy.
        connect: Opens a session; raises what boto3 raises, or UserError.
        name_servers: Asks DNS.
        today: The day on which it is asked.
    """

    machine: Machine
    connect: Callable[[], boto3.Session]
    name_servers: NameServers
    today: date


IN_AWS: Final = ("CDK bootstrap", "Quotas", "Names", "What AWS offers", "Domain delegation")
"""What nobody can look at without credentials and a region."""


def check_all(deployment: Deployment, surroundings: Surroundings) -> Iterator[Group]:
    """Look at everything.

    Args:
        deployment: What would be deployed.
        surroundings: Where it would be deployed from and to.

    Raises:
        UserError: A file of this project cannot be read.
    """
    machine = surroundings.machine
    yield _group("Tools", check_tools(deployment, machine))
    yield from _check_aws(deployment, surroundings)
    manifests = machine.project / "manifests"
    selected = select(deployment, load_components(manifests / "components"))
    products = pinned_products(
        load_support(manifests / SUPPORT_FILE), {one.component.name for one in selected}
    )
    dates = load_support_dates()
    yield _group("Support dates", check_support(deployment, products, dates, surroundings.today))


def _check_aws(deployment: Deployment, surroundings: Surroundings) -> Iterator[Group]:
    try:
        aws = Aws(surroundings.connect(), deployment.region)
    except (BotoCoreError, UserError) as error:
        yield from _skipped(no_credentials(str(error)))
        return
    identity = identify(deployment, aws)
    if identity.check.stops:
        yield from _skipped(identity.check)
        return
    account = identity.account
    ready = check_region(deployment, aws)
    if ready.stops:
        yield from _skipped(identity.check, ready)
        return
    bootstrap = check_bootstrap(deployment, aws, account)
    yield _group("Credentials", (identity.check, ready, *bootstrap))
    stacks, deployed = _stacks(deployment, aws)
    yield _group("Quotas", (stacks, *check_quotas(deployment, aws, deployed)))
    for name, checks in (
        ("Names", check_names(deployment, aws, account, deployed)),
        ("What exists", check_existing(deployment, aws)),
        ("What AWS offers", check_offers(deployment, aws)),
        (
            "Domain delegation",
            check_delegation(deployment, aws, surroundings.name_servers, deployed),
        ),
    ):
        group = _group(name, checks)
        if group.checks:
            yield group


def _skipped(*found: Check) -> Iterator[Group]:
    yield _group("Credentials", found)
    first = found[-1].name
    yield _group(
        "Not looked at",
        [unseen(name, f"skipped because of {first}", f"mend {first} first") for name in IN_AWS],
    )


def _stacks(deployment: Deployment, aws: Aws) -> tuple[Check, frozenset[str]]:
    name = "Stacks"
    try:
        deployed = existing_stacks(deployment, aws)
    except NO_ANSWER as error:
        return aws.refusal(name, error), frozenset()
    if not deployed:
        return passed(name, "none exists yet"), deployed
    found = ", ".join(stack for stack in STACKS if stack in deployed)
    return passed(name, f"{found} exist, and need nothing more"), deployed


def _group(name: str, checks: Iterable[Check]) -> Group:
    return Group(name=name, checks=tuple(checks))
