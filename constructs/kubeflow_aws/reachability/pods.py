"""The pods of a platform as ends of connections, with the labels that Istio adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kubeflow_aws.objects.injection import is_injected
from kubeflow_aws.objects.kubernetes_object import (
    NAME_LABEL,
    JsonValue,
    KubernetesObject,
    child,
    dicts,
    metadata,
    pod_template,
    texts,
)
from kubeflow_aws.objects.placeholders import Placeholder
from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.ports import PortRange

POD_ADDRESSES: Final = ("private-subnets",)
"""Pods have addresses of the private subnets, as the scraper has (VPC CNI)."""

LOAD_BALANCER: Final = End(
    name="load balancer", addresses=(f"${{kubeflow-aws:{Placeholder.LOAD_BALANCER_RANGES}}}",)
)
PRIVATE_SUBNETS: Final = End(name="private subnets", addresses=POD_ADDRESSES)
"""The EKS API server, Prometheus' scraper, nodes."""

ELSEWHERE: Final = End(name="any other address")

OUTSIDE: Final = (LOAD_BALANCER, PRIVATE_SUBNETS, ELSEWHERE)


def namespace_labels(items: Iterable[KubernetesObject]) -> dict[str, dict[str, str]]:
    """The labels of the namespaces among some objects."""
    return {
        str(metadata(item)["name"]): {
            **texts(metadata(item).get("labels")),
            NAME_LABEL: str(metadata(item)["name"]),
        }
        for item in items
        if item.get("kind") == "Namespace"
    }


def pods_of(
    items: Iterable[KubernetesObject], namespaces: Mapping[str, Mapping[str, str]]
) -> Iterator[End]:
    """A pod of each workload among some objects.

    Args:
        items: The objects.
        namespaces: Labels of namespaces; one that is not there has its name alone.
    """
    for item in items:
        template = pod_template(item)
        if template is None:
            continue
        meta = metadata(template)
        pod_labels = texts(meta.get("labels"))
        name = str(metadata(item)["name"])
        if item.get("kind") == "Job":
            # Its own name ends with a digest of all that is in it (rendering/jobs.py).
            name = pod_labels.get("app", name)
        namespace = str(metadata(item).get("namespace") or "default")
        spec = template["spec"]
        if isinstance(spec, dict) and spec.get("hostNetwork"):
            # It has its node's address, and policies do not bind it.
            yield End(name=f"{namespace}/{name} (its node's network)", addresses=POD_ADDRESSES)
            continue
        labels = namespaces.get(namespace, {NAME_LABEL: namespace})
        yield pod(
            name,
            namespace,
            namespace_labels=labels,
            template=template,
            ports=dict(_named_ports(spec)),
        )


def pod(
    name: str,
    namespace: str,
    *,
    namespace_labels: Mapping[str, str],
    template: KubernetesObject,
    ports: Mapping[str, PortRange],
) -> End:
    """A pod with what it has when it runs.

    Args:
        name: Name of its workload.
        namespace: Its namespace.
        namespace_labels: The namespace's labels.
        template: Its template.
        ports: Its named ports.
    """
    labels = texts(metadata(template).get("labels"))
    if is_injected(template, namespace_labels=namespace_labels):
        labels = {**_sidecar_labels(name, labels), **labels}
    return End(
        name=name,
        namespace=namespace,
        namespace_labels=namespace_labels,
        labels=labels,
        ports=ports,
        addresses=POD_ADDRESSES,
    )


def _sidecar_labels(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """What Istio's injector adds (ConfigMap istio-sidecar-injector, template `sidecar`)."""
    return {
        "security.istio.io/tlsMode": "istio",
        "service.istio.io/canonical-name": (
            labels.get("app.kubernetes.io/name") or labels.get("app") or name
        ),
        "service.istio.io/canonical-revision": (
            labels.get("app.kubernetes.io/version") or labels.get("version") or "latest"
        ),
    }


def _named_ports(spec: JsonValue) -> Iterator[tuple[str, PortRange]]:
    for kind in ("containers", "initContainers"):
        for container in dicts(child(spec, kind)):
            for port in dicts(container.get("ports")):
                number = port.get("containerPort")
                if port.get("name") and isinstance(number, int):
                    protocol = str(port.get("protocol") or "TCP")
                    yield str(port["name"]), PortRange(protocol, number, number)
