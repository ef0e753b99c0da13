"""The log server of the API server, which asks nobody, is shut."""

from __future__ import annotations

import pytest

from tests.pipelines.conftest import SealedApiServer, get_as_it_is

LOG = "/runs/1/nodes/2/log"

DENIED = [
    f"/apis/v1alpha1{LOG}",
    f"/apis/v1%61lpha1{LOG}",
    f"/apis/v1alpha1%2fruns{LOG}",
    f"/apis%2fv1alpha1{LOG}",
    f"/%61pis/v1alpha1{LOG}",
    f"//apis/v1alpha1{LOG}",
    f"/apis//v1alpha1{LOG}",
    f"/apis/v1beta1/../v1alpha1{LOG}",
    f"/apis/v1beta1/%2e%2e/v1alpha1{LOG}",
    f"/apis/v1beta1%2f..%2fv1alpha1{LOG}",
    "/metrics",
]


@pytest.mark.parametrize("path", DENIED)
def test_what_nothing_uses_is_denied(path: str, sealed_api_server: SealedApiServer) -> None:
    before = len(sealed_api_server.behind.requests)

    assert get_as_it_is(sealed_api_server.url, path) == 403
    assert len(sealed_api_server.behind.requests) == before


@pytest.mark.parametrize(
    "path", ["/apis/v2beta1/runs", "/apis/v1beta1/healthz", "/apis/v1beta1/auth?namespace=alice"]
)
def test_what_is_used_is_answered(path: str, sealed_api_server: SealedApiServer) -> None:
    assert get_as_it_is(sealed_api_server.url, path) == 200
