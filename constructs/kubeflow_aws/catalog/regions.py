"""What the regions of AWS have, and have not."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file

FILE: Final = Path(__file__).with_suffix(".yaml")


class Regions(BaseModel):
    """`regions.yaml`.

    Attributes:
        read_on: When the lists were looked up.
        load_balancer_zones: The hosted zone of a region's Application Load Balancers.
        cognito_at_load_balancers: Regions whose load balancers sign users in with Cognito.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_on: date
    load_balancer_zones: Mapping[str, str]
    cognito_at_load_balancers: frozenset[str]


@functools.cache
def regions() -> Regions:
    """The file.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return read_data_file(FILE, TypeAdapter(Regions))
