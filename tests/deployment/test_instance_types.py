"""Instance types that the table knows, and those that the file must describe."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest

from kubeflow_aws.catalog.instance_types import instance_table
from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.rules.node_types import warnings_of
from tests.support.deployments import EXISTING_VPC
from tests.support.refusals import DEX_USERS, WEST, assert_refused

START = WEST + "preset: vanilla\n" + DEX_USERS
SIZE: Final = {"vcpus": 8, "memory_mib": 32768, "network_interfaces": 4, "ipv4_addresses": 15}
TABLE: Final = str(instance_table())


def cluster(**settings: object) -> str:
    return START + f"cluster: {json.dumps(settings)}\n"


def described(name: str, **more: object) -> dict[str, object]:
    return {name: {**SIZE, **more}}


def load(text: str, folder: Path) -> Deployment:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return load_deployment(file)


SYSTEM: Final = {"instance_types": ["m99i.2xlarge"]}
GPU: Final = {"gpu": {"instance_types": ["g99.2xlarge"]}}
EFA: Final = {"gpu": {"instance_types": ["g99.2xlarge"], "efa": True}}
NEURON: Final = {"neuron": {"instance_types": ["trn99.2xlarge"]}}

TAKEN = {
    "system nodes": (
        cluster(system_nodes=SYSTEM, unlisted_instance_types=described("m99i.2xlarge")),
        "m99i.2xlarge",
    ),
    "a pool without accelerators": (
        cluster(
            node_pools={"cpu": SYSTEM},
            unlisted_instance_types=described("m99i.2xlarge", gpus=0),
        ),
        "m99i.2xlarge",
    ),
    "GPUs": (
        cluster(node_pools=GPU, unlisted_instance_types=described("g99.2xlarge", gpus=1)),
        "g99.2xlarge",
    ),
    "GPUs and EFA": (
        cluster(
            node_pools=EFA,
            unlisted_instance_types=described("g99.2xlarge", gpus=1, efa_interfaces=1),
        ),
        "g99.2xlarge",
    ),
    "Neuron devices": (
        cluster(
            node_pools=NEURON,
            unlisted_instance_types=described("trn99.2xlarge", neuron_devices=2),
        ),
        "trn99.2xlarge",
    ),
}


@pytest.mark.parametrize(("text", "name"), TAKEN.values(), ids=list(TAKEN))
def test_what_the_table_does_not_know_is_taken_with_a_warning(
    text: str, name: str, tmp_path: Path
) -> None:
    section = load(text, tmp_path).cluster

    assert section.sizes[name].vcpus == 8
    assert list(warnings_of(section)) == [
        f"cluster.unlisted_instance_types: {name} is taken as the file describes it, since {TABLE} "
        "does not know it; make doctor asks EC2 whether it is so"
    ]


REFUSALS = {
    "system nodes that nobody knows": (
        cluster(system_nodes=SYSTEM),
        f"cluster: system_nodes.instance_types names m99i.2xlarge, which {TABLE} does not know; "
        "describe it under unlisted_instance_types with vcpus, memory_mib, network_interfaces and "
        "ipv4_addresses as EC2 has them (docs/training.md says how to get them), or name another "
        "type",
    ),
    "a pool that nobody knows": (
        cluster(node_pools={"cpu": SYSTEM}),
        f"cluster: node_pools.cpu.instance_types names m99i.2xlarge, which {TABLE} does not know; ",
    ),
    "GPUs that nobody knows": (
        cluster(node_pools=GPU),
        f"cluster: node_pools.gpu.instance_types names g99.2xlarge, which {TABLE} does not know; "
        "describe it under unlisted_instance_types with vcpus, memory_mib, network_interfaces, "
        "ipv4_addresses and gpus as EC2 has them",
    ),
    "EFA that nobody knows": (
        cluster(node_pools=EFA),
        "ipv4_addresses, gpus and efa_interfaces as EC2 has them",
    ),
    "Neuron devices that nobody knows": (
        cluster(node_pools=NEURON),
        "ipv4_addresses and neuron_devices as EC2 has them",
    ),
    "half a description": (
        cluster(
            node_pools=GPU, unlisted_instance_types={"g99.2xlarge": {**SIZE, "memory_mib": None}}
        ),
        "cluster.unlisted_instance_types.g99.2xlarge.memory_mib: found null; input should be a "
        "valid integer",
    ),
    "a description without a field": (
        cluster(node_pools=GPU, unlisted_instance_types={"g99.2xlarge": {"gpus": 1}}),
        "cluster.unlisted_instance_types.g99.2xlarge.vcpus: is missing: virtual processors",
    ),
    "GPUs and Neuron devices": (
        cluster(
            node_pools=GPU,
            unlisted_instance_types=described("g99.2xlarge", gpus=1, neuron_devices=2),
        ),
        "cluster.unlisted_instance_types.g99.2xlarge: gpus and neuron_devices do not go together",
    ),
    "GPUs and parts of them": (
        cluster(
            node_pools=GPU, unlisted_instance_types=described("g99.2xlarge", gpus=1, gpu_parts=1)
        ),
        "cluster.unlisted_instance_types.g99.2xlarge: gpus and gpu_parts do not go together",
    ),
    "no processor": (
        cluster(system_nodes=SYSTEM, unlisted_instance_types=described("m99i.2xlarge", vcpus=0)),
        "cluster.unlisted_instance_types.m99i.2xlarge.vcpus: found 0; input should be greater",
    ),
    "memory in GiB": (
        cluster(
            system_nodes=SYSTEM, unlisted_instance_types=described("m99i.2xlarge", memory_mib=32)
        ),
        "cluster.unlisted_instance_types.m99i.2xlarge.memory_mib: found 32; input should be "
        "greater than or equal to 512",
    ),
    "no network interface": (
        cluster(
            system_nodes=SYSTEM,
            unlisted_instance_types=described("m99i.2xlarge", network_interfaces=0),
        ),
        "cluster.unlisted_instance_types.m99i.2xlarge.network_interfaces: found 0; input should",
    ),
    "no address for a pod": (
        cluster(
            system_nodes=SYSTEM,
            unlisted_instance_types=described("m99i.2xlarge", ipv4_addresses=1),
        ),
        "cluster.unlisted_instance_types.m99i.2xlarge.ipv4_addresses: found 1; input should be "
        "greater than or equal to 2",
    ),
    "GPUs of which none are described": (
        cluster(node_pools=GPU, unlisted_instance_types=described("g99.2xlarge")),
        "cluster: node_pools.gpu.instance_types names g99.2xlarge, which unlisted_instance_types "
        "describes without gpus; give gpus, or put it into another pool",
    ),
    "GPUs where Neuron devices belong": (
        cluster(node_pools=NEURON, unlisted_instance_types=described("trn99.2xlarge", gpus=1)),
        "cluster: node_pools.neuron.instance_types names trn99.2xlarge, which "
        "unlisted_instance_types describes without neuron_devices; give neuron_devices",
    ),
    "EFA of which nothing is described": (
        cluster(node_pools=EFA, unlisted_instance_types=described("g99.2xlarge", gpus=1)),
        "cluster: node_pools.gpu.efa is on, but unlisted_instance_types describes g99.2xlarge "
        "without efa_interfaces; give efa_interfaces, or remove efa",
    ),
    "described GPUs for everybody": (
        cluster(
            node_pools={"cpu": SYSTEM},
            unlisted_instance_types=described("m99i.2xlarge", gpus=1),
        ),
        "cluster: node_pools.cpu.instance_types names m99i.2xlarge, which has accelerators",
    ),
    "described devices for the platform": (
        cluster(
            system_nodes=SYSTEM,
            unlisted_instance_types=described("m99i.2xlarge", neuron_devices=1),
        ),
        "cluster: system_nodes.instance_types names m99i.2xlarge, which has accelerators",
    ),
    "a description against the table": (
        cluster(unlisted_instance_types=described("m7i.xlarge")),
        f"cluster: unlisted_instance_types.m7i.xlarge is not as {TABLE} has it: vcpus is 4, not 8 "
        "and memory_mib is 16384, not 32768; remove the description, since the table knows this "
        "type",
    ),
    "a description of nothing": (
        cluster(unlisted_instance_types=described("m99i.2xlarge")),
        "cluster: unlisted_instance_types describes m99i.2xlarge, which neither system_nodes nor "
        "node_pools name; remove it, or name it there",
    ),
    "an ARM type by its name": (
        cluster(system_nodes={"instance_types": ["m99gd.2xlarge"]}),
        "cluster.system_nodes.instance_types.0: found m99gd.2xlarge, which by its name has "
        "Graviton processors, an ARM type; Kubeflow's images are for x86-64",
    ),
    "an ARM type by its description": (
        cluster(
            node_pools=GPU,
            unlisted_instance_types=described("g99.2xlarge", gpus=1, architecture="arm64"),
        ),
        "cluster: unlisted_instance_types.g99.2xlarge.architecture is arm64, but Kubeflow's images "
        "are for x86_64; take another type",
    ),
    "types of another's cluster": (
        START
        + f"network: {json.dumps(EXISTING_VPC)}\n"
        + "cluster:\n"
        + "  existing: {name: theirs, security_group_id: sg-0123456789abcdef0}\n"
        + "  unlisted_instance_types: {}\n",
        "cluster: existing names a cluster that has its own unlisted_instance_types; remove",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    assert_refused(text, sentence, tmp_path)


def test_a_description_that_the_table_has_learnt_may_stay(tmp_path: Path) -> None:
    same = {**SIZE, "vcpus": 4, "memory_mib": 16384}
    section = load(cluster(unlisted_instance_types={"m7i.xlarge": same}), tmp_path).cluster

    assert list(warnings_of(section)) == []


@pytest.mark.parametrize("name", ["g7e.2xlarge", "g7.12xlarge", "gr6.4xlarge", "p6-b300.48xlarge"])
def test_gpus_that_the_table_knows_need_no_description(name: str, tmp_path: Path) -> None:
    section = load(cluster(node_pools={"gpu": {"instance_types": [name]}}), tmp_path).cluster

    assert section.sizes[name].gpus > 0
    assert list(warnings_of(section)) == []


@pytest.mark.parametrize("name", ["t3.small", "m7i.metal-24xl", "u7i-12tb.224xlarge", "c5n.metal"])
def test_every_size_has_a_name_that_a_file_may_have(name: str, tmp_path: Path) -> None:
    text = cluster(node_pools={"cpu": {"instance_types": [name], "max_cpus": 900}})

    assert load(text, tmp_path).cluster.node_pools.cpu.instance_types == (name,)


def test_the_schema_takes_the_names_of_all_types(project: Path) -> None:
    schema = json.loads((project / "docs" / "deployment.schema.json").read_text("utf-8"))
    pattern = schema["$defs"]["CpuPool"]["properties"]["instance_types"]["items"]["pattern"]

    assert [each for each in instance_table().instance_types if not re.match(pattern, each)] == []
