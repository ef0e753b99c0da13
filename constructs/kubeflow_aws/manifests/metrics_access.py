"""Lets Prometheus' scraper reach the metrics of the platform's pods, and nothing else of them.

The scraper of Amazon Managed Prometheus comes from addresses of the cluster's subnets (AMP User
Guide, "AWS managed collectors"), and NetworkPolicies close most pods to those. It reads the pods
with the annotation `prometheus.io/scrape`, at the port that they name. Into a pod with a sidecar
Istio writes these annotations itself, for a port at which its agent shows the application's metrics
with Envoy's (Istio documentation, "Prometheus", metrics merging); neither mutual TLS nor an
AuthorizationPolicy is before that port.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from kubeflow_aws.manifests.objects import (
    JsonValue,
    KubernetesObject,
    metadata,
    pod_template,
)
from kubeflow_aws.manifests.render import Rendered

SIDECAR_METRICS_PORT: Final = 15020
"""Of Istio's agent (Istio documentation, "Ports used by Istio")."""

WITHOUT_POLICIES: Final = frozenset({"kube-system"})
"""Namespaces whose pods are open to every address: a policy would close what is open now."""


def metrics_policies(
    components: Iterable[Rendered], ranges: Sequence[str]
) -> list[KubernetesObject]:
    """The policies that admit the scraper to the pods of some components; none without a scraper.

    Args:
        components: The components.
        ranges: Where the scraper stands; may be tokens.
    """
    if not ranges:
        # A rule without an address would admit everybody.
        return []
    items = (item for one in components for item in one.objects)
    return [policy for item in items for policy in _policies(item, ranges)]


def _policies(item: KubernetesObject, ranges: Sequence[str]) -> Iterator[KubernetesObject]:
    meta = metadata(item)
    name, namespace = str(meta.get("name")), str(meta.get("namespace") or "")
    if item.get("kind") == "Namespace":
        if _text(meta.get("labels"), "istio-injection") == "enabled":
            yield _policy("sidecars", name, selector={}, port=SIDECAR_METRICS_PORT, ranges=ranges)
        return
    template = pod_template(item)
    spec = item.get("spec")
    if template is None or not isinstance(spec, dict) or namespace in WITHOUT_POLICIES:
        return
    annotations = metadata(template).get("annotations")
    port = _text(annotations, "prometheus.io/port")
    if _text(annotations, "prometheus.io/scrape") == "true" and port:
        yield _policy(name, namespace, selector=spec["selector"], port=int(port), ranges=ranges)


def _text(mapping: JsonValue, key: str) -> str:
    return str(mapping.get(key) or "") if isinstance(mapping, dict) else ""


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
