"""The kinds that an API serves, built in and defined by CRDs, and discovery of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from localcloud.kubernetes.status import ApiError

CRDS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
NAMESPACES: Final = ("", "namespaces")
_FILE: Final = Path(__file__).with_name("kinds.yaml")
_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind in one of its API versions.

    Attributes:
        group: Empty for the core group.
        version: For example ``v1beta1``.
        kind: For example ``Deployment``.
        plural: For example ``deployments``.
        namespaced: Whether its objects are in namespaces.
        short_names: What kubectl also takes.
        crd: Name of the CRD that defines it; empty for a built-in kind.
        categories: Groups of kinds that kubectl takes, ``all`` for example.
        has_status: Whether status is a subresource.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    crd: str = ""
    categories: tuple[str, ...] = ()
    has_status: bool = False

    @property
    def api_version(self) -> str:
        """``GROUP/VERSION``, or ``VERSION`` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """``PLURAL.GROUP``, as messages name it."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def key(self) -> tuple[str, str]:
        """What all versions of the kind have in common."""
        return self.group, self.plural


class Kinds:
    """The kinds of one API. Not safe for threads: the store's lock guards it."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], Kind] = {
            (kind.group, kind.version, kind.plural): kind for kind in _built_in()
        }

    def find(self, group: str, version: str, plural: str) -> Kind:
        """A kind by what a URL says.

        Raises:
            ApiError: If there is none.
        """
        kind = self._kinds.get((group, version, plural))
        if kind is None:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return kind

    def define(self, crd: dict[str, Any]) -> None:
        """Serve what a CRD defines, and no more what it defined before."""
        self.drop(crd["metadata"]["name"])
        spec = crd["spec"]
        names = spec["names"]
        for version in spec["versions"]:
            if version.get("served", True):
                kind = Kind(
                    group=spec["group"],
                    version=version["name"],
                    kind=names["kind"],
                    plural=names["plural"],
                    namespaced=spec["scope"] == "Namespaced",
                    short_names=tuple(names.get("shortNames", ())),
                    crd=crd["metadata"]["name"],
                    categories=tuple(names.get("categories", ())),
                    has_status="status" in version.get("subresources", {}),
                )
                self._kinds[kind.group, kind.version, kind.plural] = kind

    def drop(self, crd: str) -> None:
        """Serve no more what a CRD defined."""
        self._kinds = {key: kind for key, kind in self._kinds.items() if kind.crd != crd}

    def groups(self) -> dict[str, Any]:
        """The ``APIGroupList``."""
        versions: dict[str, list[dict[str, str]]] = {}
        for kind in self._kinds.values():
            entry = {"groupVersion": kind.api_version, "version": kind.version}
            if kind.group and entry not in versions.setdefault(kind.group, []):
                versions[kind.group].append(entry)
        return {
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": [
                {"name": name, "versions": entries, "preferredVersion": entries[0]}
                for name, entries in versions.items()
            ],
        }

    def resources(self, group: str, version: str) -> dict[str, Any]:
        """The ``APIResourceList`` of an API version.

        Raises:
            ApiError: If there is no such version.
        """
        kinds = [k for k in self._kinds.values() if (k.group, k.version) == (group, version)]
        if not kinds:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": kinds[0].api_version,
            "resources": [entry for kind in kinds for entry in _resources(kind)],
        }

    def all(self) -> list[Kind]:
        """Every kind in every version."""
        return list(self._kinds.values())


def _resources(kind: Kind) -> Iterator[dict[str, Any]]:
    yield {
        "name": kind.plural,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": list(_VERBS),
        "shortNames": list(kind.short_names),
        "categories": list(kind.categories),
    }
    if kind.has_status:
        yield {
            "name": f"{kind.plural}/status",
            "singularName": "",
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ["get", "patch", "update"],
        }


def _built_in() -> Iterator[Kind]:
    table = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for scope, api_versions in table.items():
        for api_version, lines in api_versions.items():
            group, _, version = api_version.rpartition("/")
            for line in lines:
                name, plural, *more = line.split()
                yield Kind(
                    group=group,
                    version=version,
                    kind=name,
                    plural=plural,
                    namespaced=scope == "namespaced",
                    short_names=tuple(word for word in more if word.isalpha()),
                    categories=("all",) if "@all" in more else (),
                    has_status="/status" in more,
                )
