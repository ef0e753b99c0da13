"""What Kubernetes and the gateway must reach, read from the objects that send them there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.pods import PRIVATE_SUBNETS
from kubeflow_aws.rendering.platform import Platform
from tests.reachability.conftest import OPTIONS, ConnectedPlatform

WEBHOOKS: Final = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def objects_of(platform: Platform) -> list[Any]:
    return list(platform.objects)


def clients_of_webhooks(platform: Platform) -> Iterator[dict[str, Any]]:
    """Where the API server goes for admission and for conversion."""
    for item in objects_of(platform):
        if item["kind"] in WEBHOOKS:
            yield from (hook["clientConfig"]["service"] for hook in item["webhooks"])
        if item["kind"] == "CustomResourceDefinition":
            webhook = item["spec"].get("conversion", {}).get("webhook")
            if webhook:
                yield webhook["clientConfig"]["service"]


def destinations_of_gateway(platform: Platform) -> Iterator[dict[str, Any]]:
    """Where the gateway sends requests."""
    for item in objects_of(platform):
        if item["kind"] == "VirtualService":
            for route in item["spec"]["http"]:
                for each in route.get("route", []):
                    name, namespace = each["destination"]["host"].split(".")[:2]
                    port = each["destination"]["port"]["number"]
                    yield {"name": name, "namespace": namespace, "port": port}


def behind(service: dict[str, Any], platform: Platform, pods: list[End]) -> list[tuple[End, int]]:
    """The pods of a Service and the port that they take its requests at."""
    [found] = [
        item
        for item in objects_of(platform)
        if (item["kind"], item["metadata"]["name"], item["metadata"].get("namespace"))
        == ("Service", service["name"], service["namespace"])
    ]
    [port] = [p for p in found["spec"]["ports"] if p["port"] == service.get("port", 443)]
    target = port.get("targetPort", port["port"])
    return [
        (pod, target if isinstance(target, int) else pod.ports[target].first)
        for pod in pods
        if pod.namespace == service["namespace"]
        and found["spec"]["selector"].items() <= pod.labels.items()
    ]


@pytest.mark.upstream
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    ("caller", "services", "at_least"),
    [
        ("private subnets", clients_of_webhooks, 8),
        ("istio-system/istio-ingressgateway", destinations_of_gateway, 4),
    ],
    ids=["the API server reaches every webhook", "the gateway reaches all it routes to"],
)
def test_services_are_open(
    caller: str,
    services: Callable[[Platform], Iterator[dict[str, Any]]],
    at_least: int,
    option: str,
    upstream_option: Callable[[str], ConnectedPlatform],
) -> None:
    found = upstream_option(option)
    platform, network = found.platform, found.network
    [source] = [end for end in (*network.pods, *network.outside) if str(end) == caller]
    assert PRIVATE_SUBNETS in network.outside

    shut, seen = [], set()
    for service in services(platform):
        name = f"{service['namespace']}/{service['name']}"
        pods = behind(service, platform, list(network.pods))
        assert pods, f"nothing is behind {name}"
        seen.add(name)
        shut += [f"{name}: {pod}:{p}" for pod, p in pods if p not in network.ports(source, pod)]

    assert shut == []
    assert len(seen) >= at_least
