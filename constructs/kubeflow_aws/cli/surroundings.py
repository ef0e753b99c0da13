"""What a deployment expects to exist, in the form in which the local cloud takes it."""

from __future__ import annotations

import json
from collections import defaultdict

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.identity_providers import SamlProvider


def surroundings_of(deployment: Deployment) -> str:
    """The JSON text that `python -m localcloud deploy --surroundings` reads.

    Args:
        deployment: Names its hosted zones, and the secrets of its identity providers.
    """
    domain = deployment.domain
    zones = (domain.hosted_zone, domain.parent_zone) if domain else ()
    secrets: defaultdict[str, list[str]] = defaultdict(list)
    for provider in deployment.auth.cognito.identity_providers:
        if not isinstance(provider, SamlProvider):
            secrets[provider.client_secret.secret].append(provider.client_secret.key)
    return json.dumps(
        {
            "region": deployment.region,
            "zones": [{"id": zone.id, "name": zone.name} for zone in zones if zone],
            "secrets": secrets,
        },
        indent=2,
    )
