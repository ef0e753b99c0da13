"""Whether EC2's instance types are as the deployment file describes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from kubeflow_aws.catalog.instance_types import InstanceSize, size_from
from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed
from kubeflow_aws.deployment.cluster import Cluster

FIELD: Final = "cluster.unlisted_instance_types"


def check_descriptions(cluster: Cluster, aws: Aws) -> Iterator[Check]:
    """Whether each description is what EC2 says.

    Args:
        cluster: The section that describes them.
        aws: Credentials that work.
    """
    for name, described in cluster.unlisted_instance_types.items():
        title = f"Description of {name}"
        yield aws.look(title, partial(_compare, title, name, described, aws))


def _compare(title: str, name: str, described: InstanceSize, aws: Aws) -> Check:
    # By a filter, since EC2 refuses the name of a type that it does not know.
    wanted = [{"Name": "instance-type", "Values": [name]}]
    answer = aws.client("ec2").describe_instance_types(Filters=wanted)["InstanceTypes"]
    if not answer:
        return failed(
            title,
            f"EC2 knows no such type in {aws.region}",
            f"correct its name in {FIELD} and where nodes are named, or take another type",
        )
    real = size_from(answer[0])
    wrong = described.differences(real)
    if wrong:
        return failed(title, f"EC2 says: {', '.join(wrong)}", f"correct {FIELD}.{name}")
    return passed(title, "as EC2 has it")
