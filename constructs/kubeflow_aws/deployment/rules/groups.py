"""What must hold for groups that profiles name as contributors."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.identity_providers import groups_attribute
from kubeflow_aws.deployment.model import Deployment

MAX_GROUPS: Final = 400
"""Each is a custom resource of one nested stack, which takes 500 resources."""

ROOM: Final = 2000
"""Bytes of the token trigger's environment beside where the cluster is, whose certificate authority
takes most of the rest (4 KB: AWS Lambda quotas, "Environment variables")."""


def check_groups(deployment: Deployment) -> None:
    """Somebody keeps the groups that profiles name, and can be asked who is in them."""
    tell = {
        provider.name
        for provider in deployment.auth.cognito.identity_providers
        if groups_attribute(provider)
    }
    there = {provider.name for provider in deployment.auth.cognito.identity_providers}
    for profile in deployment.profiles:
        for group in profile.groups:
            where = f"profiles.{profile.name}.contributors names the group {group.group}"
            if deployment.auth_provider is not AuthProvider.COGNITO:
                raise ValueError(
                    f"{where}, but auth.provider is {deployment.auth_provider}, which knows no "
                    "groups; name people, or set auth.provider: cognito"
                )
            if deployment.cluster.existing:
                raise ValueError(
                    f"{where}, but cluster.existing is set, and the trigger of sign-in reaches "
                    "only a cluster that is made here; name people"
                )
            if group.provider and group.provider not in there:
                raise ValueError(
                    f"{where} of {group.provider}, which is not in auth.cognito.identity_providers;"
                    f" there: {', '.join(sorted(there)) or 'none'}"
                )
            if group.provider and group.provider not in tell:
                raise ValueError(
                    f"{where} of {group.provider}, which does not tell groups; give it a "
                    "groups_attribute in auth.cognito.identity_providers (type oidc or saml)"
                )
    _check_numbers(deployment)


def _check_numbers(deployment: Deployment) -> None:
    if len(deployment.groups) > MAX_GROUPS:
        raise ValueError(
            f"profiles names {len(deployment.groups)} groups as contributors; "
            f"at most {MAX_GROUPS}, each counted as often as it is named"
        )
    cognito = deployment.auth.cognito
    needed = sum(
        len(provider.name) + sum(len(domain) + 4 for domain in provider.domains) + 60
        for provider in cognito.identity_providers
    ) + sum(
        len(identity) + len(identity.partition("@")[0]) + 20
        for identity in (deployment.machine_identities)
    )
    if deployment.groups and needed > ROOM:
        raise ValueError(
            "auth.cognito names so many domains of identity_providers and machine_clients that "
            f"they take {needed} bytes, and where profiles name groups the trigger of sign-in has "
            f"room for {ROOM}; name fewer, or name people in profiles"
        )
