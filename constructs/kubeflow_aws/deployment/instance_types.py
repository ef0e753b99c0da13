"""What the deployment file needs to know of EC2 instance types."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

NVIDIA_FAMILIES: Final = frozenset(
    {"g4dn", "g5", "g6", "g6e", "p4d", "p4de", "p5", "p5e", "p5en", "p6-b200"}
)
"""Families with NVIDIA GPUs that EKS has an accelerated AL2023 image for."""

NEURON_FAMILIES: Final = frozenset({"inf2", "trn1", "trn1n", "trn2"})
"""Families with AWS Inferentia or Trainium that EKS has a Neuron AL2023 image for."""

_EFA_SIZES: Final = {
    "g4dn": {"8xlarge", "12xlarge", "16xlarge", "metal"},
    "g5": {"8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"},
    "g6": {"8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"},
    "g6e": {"8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"},
    "p4d": {"24xlarge"},
    "p4de": {"24xlarge"},
    "p5": {"48xlarge"},
    "p5e": {"48xlarge"},
    "p5en": {"48xlarge"},
    "p6-b200": {"48xlarge"},
    "trn1": {"32xlarge"},
    "trn1n": {"32xlarge"},
    "trn2": {"48xlarge"},
}
"""Accelerated types with an Elastic Fabric Adapter (EC2 User Guide, "Elastic Fabric Adapter")."""


def family_of(instance_type: str) -> str:
    """The part before the dot."""
    return instance_type.partition(".")[0]


def has_efa(instance_type: str) -> bool:
    """Whether an accelerated type has an Elastic Fabric Adapter."""
    family, _, size = instance_type.partition(".")
    return size in _EFA_SIZES.get(family, set())


def _x86(value: str) -> str:
    if re.match(r"[a-z]+\d+g", value) or value.startswith("a1."):
        raise ValueError(
            f"found {value}, which is an ARM type; Kubeflow's images are for x86-64, so give one "
            "such as m7i.2xlarge"
        )
    return value


InstanceType = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.(\d+xlarge|xlarge|large|medium|metal)$"),
    AfterValidator(_x86),
]
"""An EC2 instance type of x86-64."""
