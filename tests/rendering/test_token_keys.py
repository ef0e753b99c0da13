"""Where keys of tokens are is said: what istiod must discover first, an outage takes from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.platform import Platform

WHERE = {
    # Amazon Cognito, "Verifying JSON web tokens".
    "${kubeflow-aws:cognito-issuer}": "/.well-known/jwks.json",
    "${kubeflow-aws:machine-issuer}": "/.well-known/jwks.json",
    # Amazon EKS, "Fetch signing keys to validate OIDC tokens".
    "${kubeflow-aws:service-account-issuer}": "/keys",
    # Dex v2.43, server/server.go.
    "http://dex.auth.svc.cluster.local:5556/dex": "/keys",
}


def rules(platform: Platform) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in platform.objects:
        if item["kind"] == "RequestAuthentication":
            spec: Any = item["spec"]
            for rule in spec.get("jwtRules", ()):
                yield str(metadata(item)["name"]), rule


@pytest.mark.parametrize(
    "name",
    [
        "all_sample_variants",
        pytest.param("all_upstream_variants", marks=pytest.mark.upstream),
    ],
)
def test_every_rule_of_every_sign_in_says_it(name: str, request: pytest.FixtureRequest) -> None:
    platform: Platform = request.getfixturevalue(name)
    found = list(rules(platform))

    assert {each for each, _ in found} >= {"cognito", "dex-jwt"}
    for _, rule in found:
        assert rule["jwksUri"] == rule["issuer"] + WHERE[rule["issuer"]]
