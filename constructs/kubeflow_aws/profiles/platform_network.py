"""The network of a platform with two profiles, as its NetworkPolicies make it."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.profiles.network import network_policy
from kubeflow_aws.reachability.pods import (
    LOAD_BALANCER,
    OUTSIDE,
    POD_ADDRESSES,
    namespace_labels,
    pods_of,
)
from kubeflow_aws.reachability.policies import policies_of
from kubeflow_aws.reachability.runtime_pods import pods_of_profile
from kubeflow_aws.reachability.table import Network
from kubeflow_aws.rendering.metrics_access import metrics_policies
from kubeflow_aws.rendering.platform import Platform

PROFILE: Final = "profile"
OTHER_PROFILE: Final = "another-profile"
"""Two profiles: what one of them may do to the other is the question."""


def network_of(platform: Platform, deployment: Deployment) -> Network:
    """Everybody in a deployment's cluster, and all policies there.

    Args:
        platform: Its components, rendered.
        deployment: Says whether there is a load balancer, and a scraper of metrics.
    """
    objects = platform.objects
    scraper = POD_ADDRESSES if deployment.monitoring.prometheus else ()
    profiles = (PROFILE, OTHER_PROFILE)
    policies = [
        *metrics_policies(platform.components, scraper),
        *(network_policy(name, scraper_ranges=scraper) for name in profiles),
    ]
    return Network(
        pods=[
            *pods_of(objects, namespace_labels(objects)),
            *(pod for name in profiles for pod in pods_of_profile(name, NAMESPACE_LABELS)),
        ],
        outside=[
            end for end in OUTSIDE if end is not LOAD_BALANCER or deployment.has_load_balancer
        ],
        policies=policies_of([*objects, *policies]),
    )
