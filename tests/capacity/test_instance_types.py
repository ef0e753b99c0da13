"""The table of instance types is what moto has, and nobody's own."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jmespath
import pytest
import yaml
from moto.ec2.models.instance_types import INSTANCE_TYPES

from kubeflow_aws.capacity.nodes import allocatable
from kubeflow_aws.catalog.instance_types import TABLE, InstanceSize, instance_table, size_from
from kubeflow_aws.cli.instance_types import renewed
from kubeflow_aws.deployment import Deployment
from localcloud.kubernetes.allocatable import allocatable as as_the_local_cloud_has_it

SOME_DAY = date(2031, 1, 1)


def test_it_is_what_the_pinned_moto_has() -> None:
    assert renewed(TABLE, today=SOME_DAY) == TABLE.read_text("utf-8"), "run make instance-types"


def test_it_names_its_source_and_its_date() -> None:
    table = instance_table()

    assert str(table) == f"the table of instance types (moto {version('moto')}, of {table.as_of})"


def test_what_somebody_changes_by_hand_is_written_anew(tmp_path: Path) -> None:
    table = json.loads(TABLE.read_text("utf-8"))
    table["instance_types"]["m7i.xlarge"]["vcpus"] = 5
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(table), encoding="utf-8")

    again = json.loads(renewed(edited, today=SOME_DAY))

    assert again["instance_types"]["m7i.xlarge"]["vcpus"] == 4
    assert again["as_of"] == "2031-01-01"


@pytest.mark.parametrize("text", [None, "{}"], ids=["no table", "a table of another form"])
def test_it_needs_none_to_be_written(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    if text:
        file.write_text(text, encoding="utf-8")

    again = json.loads(renewed(file, today=SOME_DAY))

    assert again["as_of"] == "2031-01-01"
    assert again["instance_types"].keys() == INSTANCE_TYPES.keys()


def test_it_has_what_deployment_files_name_by_default(vanilla: Deployment) -> None:
    cluster = vanilla.cluster
    named = {*cluster.system_nodes.instance_types}
    for pool in cluster.node_pools.named().values():
        named |= {*pool.instance_types}

    assert named <= instance_table().instance_types.keys()


@pytest.mark.parametrize(
    ("name", "size"),
    [
        (
            "g7e.2xlarge",
            {"vcpus": 8, "memory_mib": 65536, "network_interfaces": 4, "ipv4_addresses": 64}
            | {"gpus": 1},
        ),
        (
            # Its 32 network cards have two interfaces each; pods use those of the first.
            "p5.48xlarge",
            {"vcpus": 192, "memory_mib": 2097152, "network_interfaces": 2, "ipv4_addresses": 50}
            | {"gpus": 8, "efa_interfaces": 32},
        ),
        (
            "inf2.48xlarge",
            {"vcpus": 192, "memory_mib": 786432, "network_interfaces": 15, "ipv4_addresses": 50}
            | {"neuron_devices": 12},
        ),
        (
            "g6f.large",
            {"vcpus": 2, "memory_mib": 8192, "network_interfaces": 2, "ipv4_addresses": 10}
            | {"gpu_parts": 1},
        ),
        (
            "m1.small",
            {"vcpus": 1, "memory_mib": 1740, "network_interfaces": 2, "ipv4_addresses": 4},
        ),
    ],
)
def test_what_a_type_offers(name: str, size: dict[str, Any]) -> None:
    assert instance_table().instance_types[name] == InstanceSize(**size)


def test_the_local_cloud_reads_the_same_room_for_pods_out_of_nodeadm() -> None:
    for name, size in instance_table().instance_types.items():
        room = allocatable(size)
        ours = {"cpu": f"{room.cpu}m", "memory": str(room.memory), "pods": str(room.pods)}

        assert as_the_local_cloud_has_it(INSTANCE_TYPES[name]) == ours, name


def test_graviton_types_are_named_as_aws_says() -> None:
    """So that a type that the table does not know can be told by its name."""
    by_name = {each for each in INSTANCE_TYPES if re.match(r"[a-z]+\d+g", each)}
    arm = {
        name
        for name, size in instance_table().instance_types.items()
        if size.architecture == "arm64"
    }

    assert arm - by_name == {each for each in arm if each.startswith("a1.")}
    assert by_name <= arm


def test_the_command_of_the_page_says_what_the_file_wants(project: Path) -> None:
    """Run on EC2's answers as the AWS CLI does, by the library with which it does."""
    page = (project / "docs" / "training.md").read_text("utf-8")
    [query] = re.findall(r"--query '(InstanceTypes\[0\]\..*?)'\n", page, re.DOTALL)
    compiled = jmespath.compile(query)

    for name, described in INSTANCE_TYPES.items():
        printed = yaml.safe_dump(compiled.search({"InstanceTypes": [described]}))
        assert InstanceSize.model_validate(yaml.safe_load(printed)) == size_from(described), name
