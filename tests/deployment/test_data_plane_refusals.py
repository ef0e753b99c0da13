"""Mistakes about storage, notebooks and nodes are refused with a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import load_deployment
from tests.support.refusals import DEX_USERS, WEST, assert_refused

START = WEST + "preset: vanilla\n" + DEX_USERS


def fsx(settings: str) -> str:
    return START + f"storage: {{fsx: {{enabled: true, {settings}}}}}\n"


def images(name: str) -> str:
    return START + f"notebooks: {{jupyter_images: ['{name}']}}\n"


def pools(settings: str) -> str:
    return START + f"cluster: {{node_pools: {{{settings}}}}}\n"


REFUSALS = {
    "a file system too small": (
        fsx("storage_gib: 1000"),
        "storage.fsx: storage_gib is 1000, which FSx for Lustre does not sell; give 1200, 2400, or "
        "a multiple of 2400 such as 1200",
    ),
    "a file system between two sizes": (
        fsx("storage_gib: 3600"),
        "storage.fsx: storage_gib is 3600, which FSx for Lustre does not sell",
    ),
    "a throughput that is not sold": (
        fsx("throughput: 200"),
        "storage.fsx: throughput is 200 MB/s per TiB; persistent-2 has 125, 250, 500, 1000",
    ),
    "scratch with a throughput": (
        fsx("type: scratch-2, throughput: 125"),
        "storage.fsx: throughput is 125, but scratch-2 has 200 MB/s per TiB and no choice",
    ),
    "a type that is none": (
        fsx("type: persistent-1"),
        "storage.fsx.type: found \"persistent-1\"; allowed: 'persistent-2' or 'scratch-2'",
    ),
    "settings of a file system that is off": (
        START + "storage: {fsx: {storage_gib: 2400, throughput: 250}}\n",
        "storage.fsx: storage_gib is set, but there is no such file system; set enabled: true, or "
        "remove storage_gib, throughput",
    ),
    "a link with nothing": (
        fsx("link_artifacts: true"),
        "storage.fsx.link_artifacts is true, but artifacts is in-cluster; remove it, or set "
        "artifacts: s3",
    ),
    "the name of the default class": (
        START + "storage: {efs: {storage_class: gp3}}\n",
        "storage: efs.storage_class is gp3, which is the name of the default StorageClass; give "
        "another",
    ),
    "one name for two classes": (
        fsx("storage_class: efs"),
        "storage: fsx.storage_class is efs, which is the name of efs.storage_class; give another",
    ),
    "an image without a tag": (
        images("ghcr.io/team/notebook"),
        "notebooks.jupyter_images.0: found ghcr.io/team/notebook, which has no tag, so nobody "
        "knows what starts tomorrow; give one such as ghcr.io/team/notebook:v1.0.0, or a digest",
    ),
    "a port for a tag": (
        images("registry.example:5000/notebook"),
        "found registry.example:5000/notebook, which has no tag",
    ),
    "the latest image": (
        images("ghcr.io/team/notebook:latest"),
        "found ghcr.io/team/notebook:latest; latest is another image every time",
    ),
    "no image at all": (
        images("a notebook"),
        'found "a notebook"; an image is REGISTRY/REPOSITORY:TAG, or with @sha256: and a digest',
    ),
    "a Deep Learning Container as it is": (
        images("763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-training:2.7.1-gpu"),
        "an AWS Deep Learning Container, which serves no notebook; build examples/notebook-image "
        "on it",
    ),
    "culling after a minute": (
        START + "notebooks: {culling: {idle_minutes: 1}}\n",
        "notebooks.culling.idle_minutes: found 1; input should be greater than or equal to 10",
    ),
    "a GPU pool without GPUs": (
        pools("gpu: {instance_types: [g6.xlarge, c7i.xlarge]}"),
        "cluster: node_pools.gpu.instance_types names c7i.xlarge, which has no NVIDIA GPU; take "
        "one of the families g4dn, g5, g6, g6e, g7, g7e, gr6, p3dn, p4d, p4de, p5, p5e, p5en, "
        "p6-b200, p6-b300",
    ),
    "a part of a GPU": (
        pools("gpu: {instance_types: [g6f.xlarge]}"),
        "cluster: node_pools.gpu.instance_types names g6f.xlarge, which has no NVIDIA GPU but a "
        "part of one, which Karpenter counts as none; take one of the families",
    ),
    "a part of a GPU for everybody": (
        pools("cpu: {instance_types: [g6f.xlarge]}"),
        "cluster: node_pools.cpu.instance_types names g6f.xlarge, which has accelerators",
    ),
    "a Neuron pool with GPUs": (
        pools("neuron: {instance_types: [g6.xlarge]}"),
        "cluster: node_pools.neuron.instance_types names g6.xlarge, which has no Inferentia or "
        "Trainium; take one of the families inf1, inf2, trn1, trn1n, trn2",
    ),
    "GPUs for everybody": (
        pools("cpu: {instance_types: [g6.xlarge]}"),
        "cluster: node_pools.cpu.instance_types names g6.xlarge, which has accelerators that any "
        "pod would occupy; put it into node_pools.gpu",
    ),
    "Trainium for everybody": (
        pools("cpu: {instance_types: [trn1.2xlarge]}"),
        "cluster: node_pools.cpu.instance_types names trn1.2xlarge, which has accelerators",
    ),
    "GPUs for the platform": (
        START + "cluster: {system_nodes: {instance_types: [g6.xlarge]}}\n",
        "cluster: system_nodes.instance_types names g6.xlarge, which has accelerators",
    ),
    "EFA on a type without": (
        pools("gpu: {instance_types: [g6.xlarge], efa: true}"),
        "cluster: node_pools.gpu.efa is on, but g6.xlarge has no Elastic Fabric Adapter; take the "
        "largest sizes",
    ),
    "a pool whose limit no node keeps": (
        pools("cpu: {instance_types: [m7i.2xlarge, m7i.xlarge], max_cpus: 2}"),
        "cluster: node_pools.cpu.max_cpus is 2, but m7i.xlarge, the smallest of its types, has 4, "
        "so no node could ever start; give 4 or more, or name a smaller type",
    ),
    "fewer GPUs than a node has": (
        pools("gpu: {instance_types: [g6.12xlarge], max_devices: 3}"),
        "cluster: node_pools.gpu.max_devices is 3, but g6.12xlarge, the smallest of its types, has "
        "4, so no node could ever start",
    ),
    "fewer Neuron devices than a node has": (
        pools("neuron: {instance_types: [trn1.32xlarge]}"),
        "cluster: node_pools.neuron.max_devices is 8, but trn1.32xlarge, the smallest of its "
        "types, has 16",
    ),
    "no pool for ordinary pods": (
        pools("cpu: null"),
        "cluster.node_pools.cpu: ",
    ),
    "an ARM type": (
        pools("cpu: {instance_types: [m7g.xlarge]}"),
        "cluster.node_pools.cpu.instance_types.0: found m7g.xlarge, whose architecture is arm64; "
        "Kubeflow's images are for x86-64",
    ),
    "a Mac": (
        pools("cpu: {instance_types: [mac1.metal]}"),
        "cluster.node_pools.cpu.instance_types.0: found mac1.metal, whose architecture is "
        "x86_64_mac; Kubeflow's images are for x86-64",
    ),
    "node pools of another's cluster": (
        START
        + """
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    availability_zones: [us-west-2a, us-west-2b]
    private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
cluster:
  existing: {name: theirs, security_group_id: sg-0123456789abcdef0}
  node_pools: {cpu: {instance_types: [m7i.xlarge]}}
""",
        "cluster: existing names a cluster that has its own node_pools; remove node_pools",
    ),
    "a quota without room for the shared volumes": (
        fsx("storage_gib: 1200")
        + "profiles: [{name: a, owner: user@example.com, quota: {volumes: 1}}]\n",
        "profiles.a.quota.volumes is 1, but every profile has 2 shared volumes of its own",
    ),
    "alarms to nobody": (
        START + "monitoring: {alarm_emails: [Ops]}\n",
        'monitoring.alarm_emails.0: found "Ops"; give one address',
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    assert_refused(text, sentence, tmp_path)


@pytest.mark.parametrize(
    "settings",
    [
        "cpu: {instance_types: [m7i.2xlarge, m7i.xlarge], max_cpus: 4}",
        "gpu: {instance_types: [g6.12xlarge, g6.xlarge], max_devices: 1}",
    ],
)
def test_a_pool_may_be_as_small_as_one_node(settings: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(pools(settings), encoding="utf-8")

    assert load_deployment(file).cluster.node_pools.cpu


@pytest.mark.parametrize("size", [1200, 2400, 4800, 24_000])
def test_every_size_that_aws_sells_is_taken(size: int, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(fsx(f"storage_gib: {size}"), encoding="utf-8")

    assert load_deployment(file).storage.fsx.storage_gib == size


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io/team/notebook:v1",
        "registry.example:5000/notebook:v1",
        "ghcr.io/team/notebook@sha256:" + "0" * 64,
        "ghcr.io/team/notebook:latest@sha256:" + "0" * 64,
    ],
)
def test_an_image_that_stays_is_taken(image: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(images(image), encoding="utf-8")

    assert load_deployment(file).notebooks.jupyter_images == (image,)
