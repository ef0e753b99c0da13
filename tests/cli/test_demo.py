"""What a deployment expects to exist is told to the local cloud."""

from __future__ import annotations

import json

from kubeflow_aws.cli.surroundings import surroundings_of
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.support.deployments import EVERY_PROVIDER, variation


def test_zones_have_their_ids_and_secrets_their_keys(cognito: Deployment) -> None:
    auth: JsonValue = {"users": [], "cognito": {"identity_providers": EVERY_PROVIDER}}
    deployment = variation(cognito, {"auth": auth, "profiles": []})

    assert json.loads(surroundings_of(deployment)) == {
        "region": "us-west-2",
        "zones": [{"id": "Z0123456789EXAMPLE", "name": "example.com"}],
        "secrets": {"sign-in": ["google", "facebook", "amazon", "oidc"]},
    }


def test_a_deployment_without_a_domain_expects_nothing(vanilla: Deployment) -> None:
    told = json.loads(surroundings_of(vanilla))

    assert told == {"region": "us-west-2", "zones": [], "secrets": {}}
