"""Who may connect to the pods of a profile, and where these may connect to.

Upstream has no NetworkPolicy there. Sidecars keep strangers out of notebooks and models, but much
that runs in a profile has none: steps of pipelines, trials, training jobs, Spark. So the profile
itself and the platform are let in, and no other profile.

Out leads every way but one: to the ports of shared file systems. Their servers believe what a
client says of its user, and nodes mount for pods. A NetworkPolicy forbids nothing, so all other
ports are listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kubeflow_aws.objects.kubernetes_object import NAME_LABEL, JsonValue, KubernetesObject
from kubeflow_aws.rendering.metrics_access import SIDECAR_METRICS_PORT
from kubeflow_aws.storage.ports import FILE_SYSTEMS

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

LAST_PORT: Final = 65535

NAME: Final = "kubeflow-profile"
"""Its name, which manifests/components/tenants/keep-network-policies.yaml knows."""


def network_policy(profile: str, *, scraper_ranges: Sequence[str]) -> KubernetesObject:
    """The NetworkPolicy of one profile.

    Its owner may add others, which open more to others; that is for the owner to decide. None opens
    the ports of file systems (manifests/components/tenants/no-egress-to-file-systems.yaml).

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
        "metadata": {"name": NAME, "namespace": profile},
        "spec": {
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": [{"ports": _all_but_file_systems()}],
        },
    }


def _all_but_file_systems() -> list[JsonValue]:
    """Ports of a rule of egress. Both kinds of file systems speak TCP alone.

    The agent of the VPC CNI keeps up to 24 ranges for an address
    (aws/aws-network-policy-agent, pkg/utils/utils.go, ComputeTrieValue); these are six.
    """
    starts = (1, *(last + 1 for _, last in FILE_SYSTEMS))
    ends = (*(first - 1 for first, _ in FILE_SYSTEMS), LAST_PORT)
    ranges: list[JsonValue] = [
        {"protocol": "TCP", "port": first, "endPort": last}
        for first, last in zip(starts, ends, strict=True)
    ]
    return [*ranges, {"protocol": "UDP"}, {"protocol": "SCTP"}]
