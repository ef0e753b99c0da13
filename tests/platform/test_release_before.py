"""From the release before to this one, as the real API server takes it.

The release before is upstream's own example: what every cluster of that release has in common.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.objects import KubernetesObject, key_of, parse_objects
from kubeflow_aws.manifests.packs import Pack, pack_component
from kubeflow_aws.manifests.render import Rendered
from kubeflow_aws.manifests.sources import SourceOptions, fetch_sources
from kubeflow_aws.manifests.tools import find_tools
from kubeflow_aws.manifests.upgrades import load_upgrades
from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.nodes import Node, have_nodes
from localcloud.kubernetes.start import StartProps, start_api
from tests.support.assembly import PROJECT
from tests.support.platforms import best_of

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

LOCK = Path(__file__).with_name("release-before.lock.yaml")
TOKEN = "of-the-tests"  # noqa: S105
ROUNDS = 4
PLACEHOLDER = re.compile(r"\$\{kubeflow-aws:(?P<name>[^}]+)\}")
VALUES = {"load-balancer-ranges": "10.0.0.0/16"}


@dataclass(frozen=True, kw_only=True)
class BareCluster:
    """A control plane with one node that holds everything."""

    api: KubernetesApi
    kubectl: Path
    folder: Path

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        authority = self.folder / "authority.pem"
        authority.write_text(self.api.ca_certificate, encoding="utf-8")
        return subprocess.run(
            [
                str(self.kubectl),
                f"--server={self.api.url}",
                f"--certificate-authority={authority}",
                f"--token={TOKEN}",
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    def apply(self, objects: Iterable[KubernetesObject]) -> list[str]:
        """Apply again and again, as upstream's README does; what is refused in the end."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        said = ""
        for _ in range(ROUNDS):
            done = self.run(
                *("apply", "--server-side", "--force-conflicts", "--filename", "-"), stdin=text
            )
            if done.returncode == 0:
                return []
            said = done.stderr
        return [line for line in said.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def cluster(control_plane: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCluster]:
    folder = tmp_path_factory.mktemp("bare")
    api = start_api(
        StartProps(
            version="1.35",
            authenticate=lambda token: "tester" if token == TOKEN else None,
            folder=folder / "state",
            programs=control_plane,
            region="us-west-2",
        )
    )
    client = Client(api.url, api.ca_certificate, TOKEN)
    room = {"cpu": "256", "memory": "1Ti", "pods": "500"}
    node = Node(
        name="all",
        instance_type="any",
        zone="us-west-2a",
        labels={"of": "tests", "kubeflow-aws/node-group": "system"},
        allocatable=room,
    )
    have_nodes(client, "of=tests", [node])
    client.close()
    tools = find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache")
    yield BareCluster(api=api, kubectl=tools.kubectl, folder=folder)
    api.stop()


@pytest.fixture(scope="module")
def before(cluster: BareCluster) -> list[KubernetesObject]:
    """The example of the release before."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    options = SourceOptions(
        cache=PROJECT / "build" / "cache", mirror=Path(mirror) if mirror else None
    )
    try:
        sources = fetch_sources(load_lock(LOCK), options, print)
    except UserError as error:
        pytest.skip(f"the release before cannot be had: {error}")
    done = subprocess.run(
        [str(cluster.kubectl), "kustomize", str(sources.root / "kubeflow-manifests" / "example")],
        capture_output=True,
        text=True,
        check=True,
    )
    return parse_objects(done.stdout, origin="the example of the release before")


def filled(pack: Pack) -> list[KubernetesObject]:
    """The objects of a pack with some value in the place of those that CloudFormation knows."""
    text = PLACEHOLDER.sub(lambda found: VALUES.get(found["name"], found["name"]), pack.text)
    objects: list[KubernetesObject] = json.loads(text)
    return objects


def in_the_order_of_stacks(one: Rendered) -> bool:
    """The Cluster stack comes before the Platform."""
    return one.component.stack != "cluster"


def by_hand() -> set[str]:
    """What the notes on leaving the release before say must be deleted."""
    upgrades = load_upgrades(PROJECT / "manifests" / "upgrades.yaml")
    release = load_lock(LOCK).kubeflow
    return {name for each in upgrades if each.leaving == release for name in each.delete}


def test_what_the_notes_delete_is_all_that_stands_in_the_way(
    cluster: BareCluster, before: list[KubernetesObject], data_plane: Deployment
) -> None:
    assert cluster.apply(before) == []

    names = by_hand()
    for item in before:
        key = key_of(item)
        if str(key) in names:
            kind = f"{key.kind}.{key.group}" if key.group else key.kind
            where = ("--namespace", key.namespace) if key.namespace else ()
            done = cluster.run("delete", kind, key.name, *where, "--wait=false")
            assert done.returncode == 0, done.stderr

    refused = [
        line
        for one in sorted(best_of(data_plane).components, key=in_the_order_of_stacks)
        for pack in pack_component(one.component, one.objects)
        for line in cluster.apply(filled(pack))
        # Its kind comes with an add-on of EKS.
        if "SecretProviderClass" not in line
    ]
    assert refused == []
