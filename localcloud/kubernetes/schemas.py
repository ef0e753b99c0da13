"""The schemas of all kinds of one cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.schema import Schema, built_in, metadata_schema, of_crd


class Schemas:
    """Finds schemas, and keeps those that were made.

    Args:
        version: Of Kubernetes, for example ``1.35``.
        find_crd: From a CRD's name to the CRD.

    Attributes:
        metadata: Of every object's metadata.
    """

    def __init__(self, version: str, find_crd: Callable[[str], Mapping[str, Any]]) -> None:
        self.metadata = metadata_schema(version)
        self._version = version
        self._find_crd = find_crd
        self._made: dict[Kind, Schema] = {}

    def of(self, kind: Kind) -> Schema:
        """The schema of a kind in its version."""
        if kind not in self._made:
            self._made[kind] = (
                of_crd(self._find_crd(kind.crd), kind.version)
                if kind.crd
                else built_in(kind, self._version)
            )
        return self._made[kind]

    def forget(self, crd: str) -> None:
        """A CRD has changed or is gone."""
        self._made = {kind: schema for kind, schema in self._made.items() if kind.crd != crd}
