"""Prometheus' scraper reaches the metrics of pods, and nothing else, if there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import metadata, pod_template, texts
from kubeflow_aws.profiles.platform_network import network_of
from kubeflow_aws.reachability.pods import PRIVATE_SUBNETS
from kubeflow_aws.reachability.ports import PortRange, Ports
from kubeflow_aws.reachability.table import Network
from kubeflow_aws.rendering.metrics_access import SIDECAR_METRICS_PORT, metrics_policies
from kubeflow_aws.rendering.platform import Platform
from tests.support.deployments import variation
from tests.support.platforms import best_of, sample_of


def switched(deployment: Deployment, *, on: bool) -> Deployment:
    return variation(deployment, {"monitoring": {"prometheus": on}})


def scraped(platform: Platform) -> dict[str, int]:
    """The pods of the platform that the scraper reads, and their ports."""
    found = {}
    for item in platform.objects:
        template = pod_template(item)
        annotations = texts(metadata(template).get("annotations")) if template else {}
        if annotations.get("prometheus.io/scrape") == "true":
            name = f"{metadata(item)['namespace']}/{metadata(item)['name']}"
            found[name] = int(annotations["prometheus.io/port"])
    return found


def shut_to_scraper(platform: Platform, network: Network) -> list[str]:
    ports = scraped(platform)
    return [
        str(pod)
        for pod in network.pods
        if (port := port_of(ports, pod.labels, str(pod)))
        and port not in network.ports(PRIVATE_SUBNETS, pod)
    ]


def port_of(ports: dict[str, int], labels: Any, name: str) -> int | None:
    """Istio's agent shows the metrics of a pod with a sidecar, whatever it annotates."""
    return SIDECAR_METRICS_PORT if "security.istio.io/tlsMode" in labels else ports.get(name)


def more_than_metrics(off: Network, on: Network, platform: Platform) -> list[str]:
    """What the switch opens beside the ports of metrics."""
    ports = scraped(platform)
    found = []
    for source in (*on.pods, *on.outside):
        for target in on.pods:
            own = {SIDECAR_METRICS_PORT, ports.get(str(target), SIDECAR_METRICS_PORT)}
            metrics = Ports.of(PortRange("TCP", port, port) for port in own)
            before, after = off.ports(source, target), on.ports(source, target)
            if (before | metrics) & after != after or before & after != before:
                found.append(f"{source} to {target}: {before}, then {after}")
    return found


@pytest.fixture(params=["sample", pytest.param("upstream", marks=pytest.mark.upstream)])
def scraped_platform(
    request: pytest.FixtureRequest, data_plane: Deployment, data_plane_platform: Platform
) -> Platform:
    """The data plane with a scraper, of either source."""
    if request.param == "sample":
        return data_plane_platform
    request.getfixturevalue("upstream_platform")
    return best_of(data_plane)


def test_the_switch_opens_metrics_and_nothing_else(
    scraped_platform: Platform, data_plane: Deployment
) -> None:
    off, on = (
        network_of(scraped_platform, switched(data_plane, on=each)) for each in (False, True)
    )

    assert shut_to_scraper(scraped_platform, on) == []
    assert len(shut_to_scraper(scraped_platform, off)) > 10
    assert more_than_metrics(off, on, scraped_platform) == []


def test_the_switch_changes_no_component(
    data_plane: Deployment, data_plane_platform: Platform, sample_cache: Path
) -> None:
    off = sample_of(switched(data_plane, on=False), sample_cache)

    assert data_plane.monitoring.prometheus
    assert off.objects == data_plane_platform.objects


def test_without_a_scraper_there_is_no_policy(sample_platform: Platform) -> None:
    assert metrics_policies(sample_platform.components, ()) == []
    assert metrics_policies(sample_platform.components, ("10.0.64.0/18",)) != []


def test_no_policy_is_left_without_a_range(
    data_plane: Deployment, data_plane_platform: Platform
) -> None:
    """A rule without `from` would admit everybody."""
    network = network_of(data_plane_platform, data_plane)
    opened = [each for each in network.policies if each.name.startswith("allow-scraper-to-")]

    assert opened
    for policy in opened:
        [rule] = policy.spec.ingress or ()
        [peer] = rule.from_ or ()
        assert peer.ipBlock
        assert rule.ports
