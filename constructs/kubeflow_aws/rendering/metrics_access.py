"""Lets Prometheus' scraper reach the metrics of the platform's pods, and nothing else of them.

The scraper of Amazon Managed Prometheus comes from addresses of the cluster's subnets (AMP User
Guide, "AWS managed collectors"), and NetworkPolicies close most pods to those. It reads the pods
with the annotation `prometheus.io/scrape`, at the port that they name. Into a pod with a sidecar
Istio writes these annotations itself, for a port at which its agent shows the application's metrics
with Envoy's (Istio documentation, "Prometheus", metrics merging); neither mutual TLS nor an
AuthorizationPolicy is before that port.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kubeflow_aws.objects.injection import INJECTION, is_injected
from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    child,
    metadata,
    pod_template,
    texts,
)
from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.pods import namespace_labels, pods_of
from kubeflow_aws.reachability.policies import policies_of
from kubeflow_aws.rendering.render import Rendered

SIDECAR_METRICS_PORT: Final = 15020
"""Of Istio's agent (Istio documentation, "Ports used by Istio")."""


def metrics_policies(
    components: Iterable[Rendered], ranges: Sequence[str]
) -> list[KubernetesObject]:
    """The policies that admit the scraper to the pods of some components; none without a scraper.

    Pods that no policy closes are open to it; one of these would close them to everybody else.

    Args:
        components: The components.
        ranges: Where the scraper stands.
    """
    if not ranges:
        # A rule without an address would admit everybody.
        return []
    objects = [item for one in components for item in one.objects]
    policies, namespaces = policies_of(objects), namespace_labels(objects)

    def is_closed(end: End) -> bool:
        return any(policy.selects(end, "Ingress") for policy in policies)

    return [
        *(
            _policy("sidecars", name, selector={}, port=SIDECAR_METRICS_PORT, ranges=ranges)
            for name, labels in namespaces.items()
            if labels.get(INJECTION) == "enabled"
            and is_closed(End(name="any pod", namespace=name, namespace_labels=labels))
        ),
        *(
            _policy(
                str(metadata(item)["name"]),
                end.namespace,
                selector=_labels(item),
                port=port,
                ranges=ranges,
            )
            for item in objects
            if (port := _own_port(item, namespaces))
            for end in pods_of([item], namespaces)
            if is_closed(end)
        ),
    ]


def _own_port(item: KubernetesObject, namespaces: Mapping[str, Mapping[str, str]]) -> int | None:
    """Where a pod shows its metrics; into one with a sidecar Istio writes another port."""
    template = pod_template(item)
    labels = namespaces.get(str(metadata(item).get("namespace")), {})
    if template is None or is_injected(template, namespace_labels=labels):
        return None
    annotations = texts(metadata(template).get("annotations"))
    if annotations.get("prometheus.io/scrape") != "true":
        return None
    return int(annotations.get("prometheus.io/port", "0")) or None


def _labels(item: KubernetesObject) -> JsonValue:
    """What selects the pods of a workload."""
    selector = child(item, "spec", "selector")
    return selector or {"matchLabels": metadata(pod_template(item) or {}).get("labels")}


def _policy(
    name: str, namespace: str, *, selector: JsonValue, port: int, ranges: Sequence[str]
) -> KubernetesObject:
    scraper: list[JsonValue] = [{"ipBlock": {"cidr": cidr}} for cidr in ranges]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"allow-scraper-to-{name}", "namespace": namespace},
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Ingress"],
            "ingress": [{"from": scraper, "ports": [{"port": port}]}],
        },
    }
