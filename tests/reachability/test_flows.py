"""What must be open is open, and what must be shut is shut, by the policies of every option."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.profiles.platform_network import PROFILE
from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.policies import policies_of
from kubeflow_aws.reachability.ports import ALL, PortRange, Ports
from kubeflow_aws.reachability.table import Network
from tests.reachability.conftest import OPTIONS, ConnectedPlatform


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


def ends_of(flow: Flow, network: Network) -> Iterator[tuple[End, End]]:
    """Everybody that a flow is about."""
    everybody = (*network.pods, *network.outside)
    sources = [end for end in everybody if is_named(end, flow.caller)]
    targets = [end for end in everybody if is_named(end, flow.target)]
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
    option: str, upstream_option: Callable[[str], ConnectedPlatform]
) -> None:
    assert shut_though_needed(upstream_option(option).network) == []


@pytest.mark.upstream
@pytest.mark.parametrize("option", OPTIONS)
def test_what_nobody_may_do_is_shut(
    option: str, upstream_option: Callable[[str], ConnectedPlatform]
) -> None:
    assert open_though_forbidden(upstream_option(option).network) == []


@pytest.mark.upstream
def test_every_flow_is_about_somebody(
    upstream_option: Callable[[str], ConnectedPlatform],
) -> None:
    networks = [upstream_option(option).network for option in OPTIONS]

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


def without_policies(network: Network, *names: str) -> Network:
    return replace(network, policies=[each for each in network.policies if each.name not in names])


def test_what_is_open_though_forbidden_is_found(sample_network: Callable[[str], Network]) -> None:
    network = sample_network("cognito-rds-s3")
    without = without_policies(network, "allow-callers-to-activator", "kubeflow-profile")

    assert any("to profile/notebook" in line for line in open_though_forbidden(without))
    assert not any("to profile/notebook" in line for line in open_though_forbidden(network))


def test_what_is_shut_though_needed_is_found(sample_network: Callable[[str], Network]) -> None:
    network = sample_network("cognito-rds-s3")
    nobody: KubernetesObject = {
        "kind": "NetworkPolicy",
        "metadata": {"name": "nobody", "namespace": PROFILE},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }
    without = without_policies(network, "kubeflow-profile")
    shut = replace(without, policies=[*without.policies, *policies_of([nobody])])

    assert any("to profile/notebook" in line for line in shut_though_needed(shut))
    assert not any("to profile/notebook" in line for line in shut_though_needed(network))
