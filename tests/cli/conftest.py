"""An emulated account in this process, for what only reads AWS, and estimates of costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader, create_loader
from moto import mock_aws
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.cost.charges import Terms
from kubeflow_aws.cli.cost.estimate import Estimate, estimate_of
from kubeflow_aws.cli.cost.prices import load_assumptions, load_prices
from tests.cli.doctor_answers import answering
from tests.support.assembly import Assembly


@pytest.fixture(scope="session")
def loader() -> Loader:
    """Keeps the models of AWS's APIs, which take long to read."""
    return create_loader()


@pytest.fixture
def session(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # AWS's managed policies take most of the time of a test, and nothing here asks for one.
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    core = botocore.session.Session()
    core.register_component("data_loader", loader)
    with mock_aws():
        yield boto3.Session(region_name="us-west-2", botocore_session=core)


@pytest.fixture
def aws(session: boto3.Session) -> Aws:
    return Aws(session, "us-west-2")


@dataclass
class Quotas:
    """The account's quotas: large, unless a test says otherwise.

    Attributes:
        values: By code; none for one that the account has no value of its own for.
        others: All that `values` does not name.
        executions: What Lambda says of the account's executions.
    """

    values: dict[str, int | None] = field(default_factory=dict)
    others: int = 100_000
    executions: dict[str, int] = field(
        default_factory=lambda: {
            "ConcurrentExecutions": 1000,
            "UnreservedConcurrentExecutions": 1000,
        }
    )

    def get(self, service_code: str, quota_code: str) -> dict[str, Any]:
        value = self.values.get(quota_code, self.others)
        if value is None:
            raise NoSuchResource
        return {"ServiceCode": service_code, "QuotaCode": quota_code, "Value": value}


@pytest.fixture
def quotas(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Quotas:
    """Moto knows quotas of VPCs alone, and no settings of an account in Lambda."""
    quotas = Quotas()
    answering(session, "lambda.GetAccountSettings", {"AccountLimit": quotas.executions})
    monkeypatch.setattr(
        ServiceQuotasBackend,
        "get_service_quota",
        lambda _, service_code, quota_code: quotas.get(service_code, quota_code),
    )
    return quotas


@pytest.fixture(scope="session")
def terms() -> Terms:
    """The checked-in prices and assumptions, on a day."""
    return Terms(prices=load_prices(), assume=load_assumptions(), today=date(2026, 11, 26))


@pytest.fixture(scope="session")
def production_estimate(production_assembly: Assembly, terms: Terms) -> Estimate:
    """What everything costs in production."""
    return estimate_of(production_assembly.folder, terms)
