"""The stacks are protected as the deployment file says, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from kubeflow_aws.cli.protect.command import protect
from kubeflow_aws.deployment import Deployment
from tests.support.deployments import variation

CERTIFICATE = "KubeflowCertificate-us-west-2"


class Formation:
    """CloudFormation of one region; moto has no protection of stacks."""

    def __init__(self, region: str, *names: str) -> None:
        self.meta = SimpleNamespace(region_name=region)
        self.protected = dict.fromkeys(names, False)

    def get_paginator(self, operation: str) -> Formation:
        assert operation == "describe_stacks"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for name, protected in self.protected.items():
            stack = {"StackName": name, "StackStatus": "CREATE_COMPLETE"}
            yield {"Stacks": [stack | {"EnableTerminationProtection": protected}]}

    def update_termination_protection(
        self,
        *,
        StackName: str,  # noqa: N803  # boto3's names
        EnableTerminationProtection: bool,  # noqa: N803
    ) -> None:
        self.protected[StackName] = EnableTerminationProtection


class Session:
    """Two regions with stacks."""

    def __init__(self) -> None:
        self.regions = {
            "us-west-2": Formation("us-west-2", "KubeflowCluster", "TheirCluster"),
            # Beside a deployment of the same name there.
            "us-east-1": Formation(
                "us-east-1", CERTIFICATE, "KubeflowCertificate-us-east-1", "KubeflowCluster"
            ),
        }

    def client(self, service: str, *, region_name: str) -> Formation:
        assert service == "cloudformation"
        return self.regions[region_name]


@pytest.fixture
def session() -> Session:
    return Session()


def test_production_is_protected_in_both_regions_and_nothing_else(
    session: Session, production_deployment: Deployment
) -> None:
    assert protect(production_deployment, session) == ["KubeflowCluster", CERTIFICATE]

    assert session.regions["us-east-1"].protected == {
        CERTIFICATE: True,
        "KubeflowCertificate-us-east-1": False,
        "KubeflowCluster": False,
    }
    assert session.regions["us-west-2"].protected == {
        "KubeflowCluster": True,
        "TheirCluster": False,
    }
    assert protect(production_deployment, session) == []


def test_a_file_that_wants_no_protection_takes_it_away(
    session: Session, production_deployment: Deployment
) -> None:
    protect(production_deployment, session)
    open_ = variation(production_deployment, {"deletion_protection": False})

    assert protect(open_, session) == ["KubeflowCluster", CERTIFICATE]
