"""Names of EC2 instance types in the deployment file."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from kubeflow_aws.catalog.instance_types import X86_64, instance_table


def _x86(value: str) -> str:
    known = instance_table().instance_types.get(value)
    if known and known.architecture != X86_64:
        why = f"whose architecture is {known.architecture}"
    elif not known and re.match(r"[a-z]+\d+g", value):
        # EC2 User Guide, "Instance type naming conventions".
        why = "which by its name has Graviton processors, an ARM type"
    else:
        return value
    raise ValueError(
        f"found {value}, {why}; Kubeflow's images are for x86-64, so give one such as m7i.2xlarge"
    )


InstanceType = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)$"
    ),
    AfterValidator(_x86),
]
"""An EC2 instance type of x86-64, whether the table knows it or not."""
