"""Who gets Istio's proxy from the stand-in: those whom istiod's injector gives one."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.kubernetes.in_cluster import injection

ASKS = "sidecar.istio.io/inject"
PROXY = {"image": "proxy", "resources": {}}


def pod(
    labels: dict[str, str], annotations: dict[str, str], spec: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": {"containers": [{"name": "main"}], **(spec or {})},
    }


@pytest.mark.parametrize(
    ("labels", "annotations", "spec", "injected"),
    [
        ({}, {}, None, True),
        ({ASKS: "true"}, {ASKS: "false"}, None, True),
        ({ASKS: "false"}, {ASKS: "true"}, None, False),
        ({}, {ASKS: "false"}, None, False),
        ({}, {ASKS: "yes"}, None, True),
        ({}, {"inject.istio.io/templates": "gateway"}, None, False),
        ({}, {}, {"hostNetwork": True}, False),
    ],
)
def test_who_gets_a_proxy(
    labels: dict[str, str],
    annotations: dict[str, str],
    spec: dict[str, Any] | None,
    injected: bool,
) -> None:
    assert bool(injection(pod(labels, annotations, spec), PROXY)) is injected
