"""Both APIs refuse the changes that the table of this project calls refused, and no others."""

from __future__ import annotations

import pytest

from tests.localcloud.kubernetes.cluster import Cluster
from tests.support.api_requests import MERGE, address_of, apply
from tests.support.immutable_trials import Trial, immutable_trials


@pytest.mark.parametrize("trial", immutable_trials(), ids=str)
def test_an_update_is_refused_as_the_table_says(trial: Trial, cluster: Cluster) -> None:
    namespace = cluster.namespace()
    for item in (*trial.beside, trial.before):
        address = address_of(cluster, item, namespace)
        code, answer = apply(cluster, address, item)
        assert code < 300, answer
    if trial.status:
        cluster.done("PATCH", f"{address}/status", {"status": trial.status}, content_type=MERGE)

    code, answer = apply(cluster, address, trial.after, dry_run=True)

    assert code == (422 if trial.refused else 200), answer
