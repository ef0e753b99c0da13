"""What our table says of Kubernetes' own kinds, asked of a real API server."""

from __future__ import annotations

import pytest

from tests.support.immutable_trials import Trial, immutable_trials
from tests.support.kubernetes import MERGE, Cluster

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def namespace(bare_cluster: Cluster) -> str:
    return bare_cluster.namespace()


@pytest.mark.parametrize("trial", immutable_trials(), ids=str)
def test_the_api_server_decides_as_the_table_says(
    trial: Trial, bare_cluster: Cluster, namespace: str
) -> None:
    """The change is only tried: what one trial does must not reach another."""
    for item in (*trial.beside, trial.before):
        address = bare_cluster.address_of(item, namespace)
        code, answer = bare_cluster.try_apply(address, item)
        assert code < 300, answer
    if trial.status:
        code, answer = bare_cluster.request(
            "PATCH", f"{address}/status", {"status": trial.status}, content_type=MERGE
        )
        assert code < 300, answer

    code, answer = bare_cluster.try_apply(address, trial.after, dry_run=True)

    assert (code == 422) is trial.refused, answer
    assert trial.refused or code == 200, answer
