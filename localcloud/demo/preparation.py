"""Makes what a deployment expects to exist already: hosted zones, and secrets of providers."""

from __future__ import annotations

import json
from collections import defaultdict

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.identity_providers import SamlProvider
from localcloud.clients import EmulatedClients
from localcloud.moto_service import ZONE_ID


def prepare(clients: EmulatedClients, deployment: Deployment) -> None:
    """Create what is missing of a deployment's surroundings.

    Args:
        clients: Of the emulated AWS.
        deployment: Names them.
    """
    _create_zones(clients, deployment)
    _create_secrets(clients, deployment)


def _create_zones(clients: EmulatedClients, deployment: Deployment) -> None:
    domain = deployment.domain
    if domain is None:
        return
    client = clients.client("route53", deployment.region)
    there = {zone["Id"].rpartition("/")[2] for zone in client.list_hosted_zones()["HostedZones"]}
    for zone in (domain.hosted_zone, domain.parent_zone):
        if zone and zone.id not in there:
            client.create_hosted_zone(Name=zone.name, CallerReference=f"{ZONE_ID}{zone.id}")


def _create_secrets(clients: EmulatedClients, deployment: Deployment) -> None:
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for provider in deployment.auth.cognito.identity_providers:
        if not isinstance(provider, SamlProvider):
            keys[provider.client_secret.secret].append(provider.client_secret.key)
    client = clients.client("secretsmanager", deployment.region)
    there = {secret["Name"] for secret in client.list_secrets()["SecretList"]}
    for name in keys.keys() - there:
        text = json.dumps(dict.fromkeys(keys[name], "of the local cloud"))
        client.create_secret(Name=name, SecretString=text)
