"""Objects applied to a control plane without CDK, pack by pack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM
from kubeflow_aws.rendering.packs import Pack, pack_component
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from localcloud.kubernetes.nodes import Node
from tests.support.kubernetes import Cluster

ROOMY_NODE = Node(
    name="all",
    instance_type="any",
    zone="us-west-2a",
    labels={NODE_GROUP_LABEL: SYSTEM},
    allocatable={"cpu": "256", "memory": "1Ti", "pods": "500"},
)
"""It holds everything."""

ROUNDS = 4
PLACEHOLDER = re.compile(r"\$\{kubeflow-aws:(?P<name>[^}]+)\}")
# Of those that their kinds' schemas look at.
VALUES = {
    "cognito-issuer": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_abc",
    "load-balancer-client-ranges": "0.0.0.0/0",
    "load-balancer-ranges": "10.0.0.0/16",
    "load-balancer-scheme": "internal",
    "load-balancer-subnets": "subnet-0123456789abcdef0",
    "machine-issuer": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_abc",
    "service-account-issuer": "https://oidc.eks.us-west-2.amazonaws.com/id/ABC",
}


def apply_all(cluster: Cluster, objects: Iterable[KubernetesObject]) -> list[str]:
    """Apply again and again, as upstream's README does; what is refused in the end."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    said = ""
    for _ in range(ROUNDS):
        done = cluster.try_kubectl(
            *("apply", "--server-side", "--force-conflicts", "--filename", "-"), stdin=text
        )
        if done.returncode == 0:
            return []
        said = done.stderr
    return [line for line in said.splitlines() if line.strip()]


def apply_platform(cluster: Cluster, platform: Platform) -> list[str]:
    """Apply all components in the order of their stacks; what is refused in the end."""
    return [
        line
        for one in sorted(platform.components, key=in_the_order_of_stacks)
        for pack in pack_component(one.component, one.objects)
        for line in apply_all(cluster, filled(pack))
        # Its kind comes with an add-on of EKS.
        if "SecretProviderClass" not in line
    ]


def filled(pack: Pack) -> list[KubernetesObject]:
    """The objects of a pack with some value in the place of those that CloudFormation knows."""
    text = PLACEHOLDER.sub(lambda found: VALUES.get(found["name"], found["name"]), pack.text)
    objects: list[KubernetesObject] = json.loads(text)
    return objects


def in_the_order_of_stacks(one: Rendered) -> bool:
    """The Cluster stack comes before the Platform."""
    return one.component.stack != "cluster"
