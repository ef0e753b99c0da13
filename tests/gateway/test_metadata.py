"""Who is signed in may look at metadata as the UI does, and changes none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway.attacks import Forge
from tests.gateway.backend import send
from tests.gateway.conftest import Gateway, Keys, start_gateway

POLICY = "only-look-at-metadata"
SERVICE = "/ml_metadata.MetadataStoreService"
READ = [
    "GetArtifactTypes",
    "GetArtifactTypesByID",
    "GetArtifacts",
    "GetArtifactsByContext",
    "GetArtifactsByID",
    "GetContextByTypeAndName",
    "GetContextType",
    "GetContextsByExecution",
    "GetEventsByArtifactIDs",
    "GetEventsByExecutionIDs",
    "GetExecutionTypes",
    "GetExecutionTypesByID",
    "GetExecutions",
    "GetExecutionsByContext",
    "GetExecutionsByID",
]
"""What the pages of runs, of their comparison, Artifacts and Executions ask for."""

CHANGES = [
    f"{SERVICE}/{method}"
    for method in (
        "PutArtifacts",
        "PutArtifactType",
        "PutAttributionsAndAssociations",
        "PutContexts",
        "PutEvents",
        "PutExecution",
        "PutExecutions",
        "PutLineageSubgraph",
        "PutParentContexts",
        "PutTypes",
    )
]
OTHER_FORMS = [
    "/ml_metadata",
    f"{SERVICE}/",
    f"{SERVICE}/GetArtifacts/../PutArtifacts",
    f"{SERVICE}/GetArtifacts%2F..%2FPutArtifacts",
    f"{SERVICE}//PutArtifacts",
    f"{SERVICE}/%50utArtifacts",
    f"{SERVICE}/PutArtifacts?/GetArtifacts",
    "/ml_metadata.OtherService/GetArtifacts",
    "/ml_metadataX/GetArtifacts",
]


@pytest.fixture(scope="session")
def forge(keys: Keys, client_id: str, machine_id: str) -> Forge:
    return Forge(keys, client_id, machine_id)


@pytest.fixture(scope="module")
def without_the_policy(
    gateway_objects: list[Any], keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    left = [each for each in gateway_objects if each["metadata"]["name"] != POLICY]
    with ExitStack() as stack:
        yield start_gateway(stack, left, keys, tmp_path_factory.mktemp("metadata"))


@pytest.mark.parametrize("method", READ)
def test_the_ui_reads_metadata(method: str, gateway: Gateway, forge: Forge) -> None:
    path = f"{SERVICE}/{method}"

    assert send(gateway.port, forge.signed_in("alice"), method="POST", path=path).status == 200


@pytest.mark.parametrize("path", [*CHANGES, *OTHER_FORMS])
def test_nobody_changes_metadata_by_the_gateway(path: str, gateway: Gateway, forge: Forge) -> None:
    answer = send(gateway.port, forge.signed_in("alice"), method="POST", path=path)

    assert answer.status == 403


def test_without_the_policy_metadata_is_changed(without_the_policy: Gateway, forge: Forge) -> None:
    for path in CHANGES:
        answer = send(without_the_policy.port, forge.signed_in("alice"), method="POST", path=path)
        assert answer.status == 200, path


def test_what_is_read_is_what_the_policy_lists(gateway_objects: list[Any]) -> None:
    [policy] = [each for each in gateway_objects if each["metadata"]["name"] == POLICY]
    [operation] = [each["operation"] for rule in policy["spec"]["rules"] for each in rule["to"]]

    assert set(operation["notPaths"]) == {f"{SERVICE}/{method}" for method in READ}
