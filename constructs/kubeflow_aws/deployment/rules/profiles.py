"""What must hold for profiles, their names and their people."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kubeflow_aws.deployment.model import Deployment

RESERVED_NAMESPACES: Final = frozenset(
    {
        "amazon-cloudwatch",
        "auth",
        "cert-manager",
        "default",
        "istio-system",
        "knative-serving",
        "kubeflow",
        "kubeflow-system",
        "oauth2-proxy",
    }
)
"""Namespaces that upstream's manifests create or that Kubernetes has."""


def check_profiles(deployment: Deployment) -> None:
    """Profiles have names of their own, and only people who can sign in."""
    names = Counter(profile.name for profile in deployment.profiles)
    users = {user.email for user in deployment.auth.users} | deployment.machine_identities
    domains = {
        domain
        for provider in deployment.auth.cognito.identity_providers
        for domain in provider.domains
    }
    for profile in deployment.profiles:
        if names[profile.name] > 1:
            raise ValueError(f"profiles names {profile.name} twice; a profile is a namespace")
        for email in profile.people:
            if email not in users and email.partition("@")[2] not in domains:
                raise ValueError(
                    f"profiles.{profile.name} belongs to {email}, who is not in auth.users"
                    if email == profile.owner
                    else f"profiles.{profile.name}.contributors names {email}, who is not in "
                    "auth.users"
                )
        if profile.name in RESERVED_NAMESPACES or profile.name.startswith("kube-"):
            raise ValueError(
                f"profiles names {profile.name}, a namespace of the platform; choose another"
            )
