"""Who may connect to the pods of a profile: itself and the platform, and no other profile.

Upstream has no NetworkPolicy there. Sidecars keep strangers out of notebooks and models, but much
that runs in a profile has none: steps of pipelines, trials, training jobs, Spark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kubeflow_aws.manifests.metrics_access import SIDECAR_METRICS_PORT
from kubeflow_aws.manifests.objects import NAME_LABEL, JsonValue, KubernetesObject

GATEWAYS: Final = ("istio-ingressgateway", "cluster-local-gateway")
"""They lead users' requests to notebooks and models; nothing else of Istio opens connections."""

PLATFORM: Final = ("knative-serving", "kubeflow")
"""Namespaces whose pods call those of profiles: the activator and the autoscaler call models,
Katib its suggestion services, the UI of Pipelines its artifact proxies, the notebook controller
notebooks."""

ANSWERS: Final = (32768, 60999)
"""Ports from which Linux opens connections (kernel documentation, ip_local_port_range).

The agent of the VPC CNI knows a connection only if it was opened after the agent came to the pod,
a second or two after the start; answers to an older one are new connections to it and would be
dropped (aws/aws-network-policy-agent, issues 189 and 345). Steps of pipelines connect at once."""


def network_policy(profile: str, *, scraper_ranges: Sequence[str]) -> KubernetesObject:
    """The NetworkPolicy of one profile.

    Its owner may add others, which open more to others; that is for the owner to decide.

    Args:
        profile: Name of the profile.
        scraper_ranges: Where Prometheus' scraper stands, if there is one.
    """
    first, last = ANSWERS
    ingress: list[JsonValue] = [
        {
            "from": [
                {"podSelector": {}},
                {
                    "namespaceSelector": {"matchLabels": {NAME_LABEL: "istio-system"}},
                    "podSelector": {
                        "matchExpressions": [
                            {"key": "app", "operator": "In", "values": list(GATEWAYS)}
                        ]
                    },
                },
                {
                    "namespaceSelector": {
                        "matchExpressions": [
                            {"key": NAME_LABEL, "operator": "In", "values": list(PLATFORM)}
                        ]
                    }
                },
            ]
        },
        {
            "ports": [
                {"protocol": protocol, "port": first, "endPort": last}
                for protocol in ("TCP", "UDP")
            ]
        },
    ]
    if scraper_ranges:
        ingress.append(
            {
                "from": [{"ipBlock": {"cidr": cidr}} for cidr in scraper_ranges],
                "ports": [{"port": SIDECAR_METRICS_PORT}],
            }
        )
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "kubeflow-profile", "namespace": profile},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress},
    }
