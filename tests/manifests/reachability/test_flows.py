"""What must be open is open, and what must be shut is shut, by the policies of every option."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kubeflow_aws.data_file import read_data_file
from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.kubeflow.network import network_of
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.manifests.reachability.ends import End
from kubeflow_aws.manifests.reachability.ports import ALL, PortRange, Ports
from kubeflow_aws.manifests.reachability.table import Network
from tests.support.platforms import best_of, sample_of

PROJECT: Final = Path(__file__).resolve().parents[3]
OPTIONS: Final = {
    **{file.stem: file for file in sorted((PROJECT / "deployments").glob("*.yaml"))},
    "data-plane": PROJECT / "tests" / "support" / "data-plane.yaml",
}


class Flow(BaseModel):
    """A connection that must be open, or must not be."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    caller: str = Field(alias="from")
    target: str = Field(alias="to")
    ports: tuple[int | str, ...] = ()
    why: str
    source: str

    def __str__(self) -> str:
        return f"{self.caller} to {self.target} at {self.wanted}"

    @property
    def wanted(self) -> Ports:
        """The ports that it is about; all of them if it names none."""
        return Ports.of(map(_range, self.ports)) if self.ports else ALL


def _range(text: int | str) -> PortRange:
    first, _, last = str(text).partition("-")
    return PortRange("TCP", int(first), int(last or first))


FLOWS: Final = read_data_file(
    Path(__file__).with_name("flows.yaml"), TypeAdapter(dict[str, tuple[Flow, ...]])
)
OPEN: Final = FLOWS["open"]
SHUT: Final = FLOWS["shut"]


def deployment_of(option: str) -> Deployment:
    return load_deployment(OPTIONS[option])


@pytest.fixture(scope="session")
def upstream_network(upstream_platform: Platform) -> Callable[[str], Network]:
    """An option's network, from its real upstream sources."""
    assert upstream_platform.components

    @cache
    def of(option: str) -> Network:
        deployment = deployment_of(option)
        return network_of(best_of(deployment), deployment)

    return of


@pytest.fixture(scope="session")
def sample_network(sample_cache: Path) -> Callable[[str], Network]:
    """The same from the sample, which holds a few of the pods and policies."""

    @cache
    def of(option: str) -> Network:
        deployment = deployment_of(option)
        return network_of(sample_of(deployment, sample_cache), deployment)

    return of


def ends_of(flow: Flow, network: Network) -> Iterator[tuple[End, End]]:
    """Everybody that a flow is about."""
    sources = [end for end in (*network.pods, *network.outside) if is_named(end, flow.caller)]
    targets = [end for end in network.pods if is_named(end, flow.target)]
    return ((source, target) for source in sources for target in targets if source is not target)


def is_named(end: End, pattern: str) -> bool:
    return fnmatchcase(str(end), pattern)


def shut_though_needed(network: Network) -> list[str]:
    return [
        f"{source} to {target}: {flow.wanted} ({flow.why})"
        for flow in OPEN
        for source, target in ends_of(flow, network)
        if network.ports(source, target) & flow.wanted != flow.wanted
    ]


def open_though_forbidden(network: Network) -> list[str]:
    return [
        f"{source} to {target}: {found} ({flow.why})"
        for flow in SHUT
        for source, target in ends_of(flow, network)
        if (found := network.ports(source, target) & flow.wanted)
    ]


@pytest.mark.upstream
@pytest.mark.parametrize("option", OPTIONS)
def test_what_the_platform_lives_from_is_open(
    option: str, upstream_network: Callable[[str], Network]
) -> None:
    assert shut_though_needed(upstream_network(option)) == []


@pytest.mark.upstream
@pytest.mark.parametrize("option", OPTIONS)
def test_what_nobody_may_do_is_shut(
    option: str, upstream_network: Callable[[str], Network]
) -> None:
    assert open_though_forbidden(upstream_network(option)) == []


@pytest.mark.upstream
def test_every_flow_is_about_somebody(upstream_network: Callable[[str], Network]) -> None:
    networks = [upstream_network(option) for option in OPTIONS]

    assert [
        str(flow)
        for flow in (*OPEN, *SHUT)
        if not any(any(ends_of(flow, each)) for each in networks)
    ] == []


@pytest.mark.parametrize("option", ["cognito-rds-s3", "data-plane"])
def test_the_same_holds_for_what_the_sample_has(
    option: str, sample_network: Callable[[str], Network]
) -> None:
    network = sample_network(option)

    assert [line for line in open_though_forbidden(network) if " to profile/" in line] == []
    assert [line for line in shut_though_needed(network) if " to profile/" in line] == []


def test_both_kinds_of_mistakes_are_found(sample_network: Callable[[str], Network]) -> None:
    network = sample_network("cognito-rds-s3")
    names = ("allow-callers-to-activator", "kubeflow-profile")
    without = replace(network, policies=[p for p in network.policies if p.name not in names])

    assert any("to profile/notebook" in line for line in open_though_forbidden(without))
    assert not any("to profile/notebook" in line for line in open_though_forbidden(network))
