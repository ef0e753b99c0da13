"""A control plane that objects are applied to without CDK, pack by pack."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.objects import KubernetesObject
from kubeflow_aws.manifests.packs import Pack, pack_component
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.manifests.render import Rendered
from kubeflow_aws.manifests.tools import find_tools
from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.nodes import Node, have_nodes
from localcloud.kubernetes.start import StartProps, start_api
from tests.support.assembly import PROJECT

TOKEN = "of-the-tests"  # noqa: S105
ROUNDS = 4
PLACEHOLDER = re.compile(r"\$\{kubeflow-aws:(?P<name>[^}]+)\}")
# Of those that their kinds' schemas look at.
VALUES = {
    "load-balancer-client-ranges": "0.0.0.0/0",
    "load-balancer-ranges": "10.0.0.0/16",
    "load-balancer-scheme": "internal",
    "load-balancer-subnets": "subnet-0123456789abcdef0",
}


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

    def apply_platform(self, platform: Platform) -> list[str]:
        """Apply all components in the order of their stacks; what is refused in the end."""
        return [
            line
            for one in sorted(platform.components, key=in_the_order_of_stacks)
            for pack in pack_component(one.component, one.objects)
            for line in self.apply(filled(pack))
            # Its kind comes with an add-on of EKS.
            if "SecretProviderClass" not in line
        ]


@contextmanager
def running_bare_cluster(control_plane: Path, folder: Path) -> Iterator[BareCluster]:
    """A control plane with one node that holds everything."""
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
    try:
        yield BareCluster(api=api, kubectl=tools.kubectl, folder=folder)
    finally:
        api.stop()


def filled(pack: Pack) -> list[KubernetesObject]:
    """The objects of a pack with some value in the place of those that CloudFormation knows."""
    text = PLACEHOLDER.sub(lambda found: VALUES.get(found["name"], found["name"]), pack.text)
    objects: list[KubernetesObject] = json.loads(text)
    return objects


def in_the_order_of_stacks(one: Rendered) -> bool:
    """The Cluster stack comes before the Platform."""
    return one.component.stack != "cluster"
