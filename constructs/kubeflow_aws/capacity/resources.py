"""What the Kubernetes scheduler counts: processors, memory, pods."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kubeflow_aws.objects.kubernetes_object import JsonValue

MIB: Final = 2**20

_SUFFIXES: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("MGTPE", start=2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
}
_QUANTITY: Final = re.compile(r"([0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resources:
    """An amount of each.

    Attributes:
        cpu: Millicores.
        memory: Bytes.
        pods: Pods.
    """

    cpu: int = 0
    memory: int = 0
    pods: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            cpu=self.cpu + other.cpu,
            memory=self.memory + other.memory,
            pods=self.pods + other.pods,
        )

    def __mul__(self, count: int) -> Resources:
        return Resources(cpu=self.cpu * count, memory=self.memory * count, pods=self.pods * count)


def quantity(value: JsonValue) -> Decimal:
    """A quantity as Kubernetes writes it: `500m`, `64Mi`, `2`.

    Raises:
        ValueError: It is none.
    """
    match = _QUANTITY.fullmatch(str(value))
    if match is None or match[2] not in _SUFFIXES:
        raise ValueError(f"{value!r} is no quantity of Kubernetes")
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def requests_of(requests: JsonValue) -> Resources:
    """The processors and the memory of a container's `requests`; no pods.

    Args:
        requests: For example `{"cpu": "100m", "memory": "64Mi"}`; nothing asks for nothing.
    """
    asked = requests if isinstance(requests, dict) else {}
    return Resources(
        cpu=math.ceil(quantity(asked.get("cpu") or 0) * 1000),
        memory=math.ceil(quantity(asked.get("memory") or 0)),
    )
