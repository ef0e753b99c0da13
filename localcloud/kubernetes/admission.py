"""What happens to an object between a request and the store: decoding, defaults, validation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any, Final

from kubeflow_aws.manifests.immutable import refused_changes
from localcloud.kubernetes.built_in_defaults import fill_in
from localcloud.kubernetes.kinds import NAMESPACES, Kind
from localcloud.kubernetes.objects import Key, Objects
from localcloud.kubernetes.schemas import Schemas
from localcloud.kubernetes.status import ApiError, bad_request, invalid, not_found
from localcloud.kubernetes.trees import Tree, copied

_RBAC: Final = "rbac.authorization.k8s.io"
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_PATH_SEGMENT: Final = re.compile(r"(?!\.{1,2}$)[^/%]+")
_NAME_RULE: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
)


class Admission:
    """Decides whether objects may be stored, and completes them.

    Args:
        schemas: Of all kinds.
        objects: Where the namespaces are.
    """

    def __init__(self, schemas: Schemas, objects: Objects) -> None:
        self._schemas = schemas
        self._objects = objects
        # Below these, Kubernetes hands out addresses that were asked for.
        self._addresses = itertools.count(256)

    def decoded(self, kind: Kind, namespace: str, body: Mapping[str, Any], *, strict: bool) -> Tree:
        """A copy of an object as its kind knows it: fields that are unknown are gone.

        Args:
            kind: What the URL says.
            namespace: What the URL says.
            body: What the request's body says.
            strict: Whether to refuse unknown fields instead.

        Raises:
            ApiError: If the body is of another kind or namespace, or has unknown fields.
        """
        item: Tree = copied(body)
        given = item.get("kind") or kind.kind, item.get("apiVersion") or kind.api_version
        if given != (kind.kind, kind.api_version):
            raise bad_request(
                f"the API version or kind in the data ({given[1]}, {given[0]}) does not match the "
                f"expected one ({kind.api_version}, {kind.kind})"
            )
        item["apiVersion"], item["kind"] = kind.api_version, kind.kind
        metadata = item.setdefault("metadata", {})
        if kind.namespaced:
            metadata["namespace"] = metadata.get("namespace") or namespace
            if metadata["namespace"] != namespace:
                raise bad_request(
                    "the namespace of the provided object does not match the namespace sent on "
                    "the request"
                )
        else:
            metadata.pop("namespace", None)
        schema = self._schemas.of(kind)
        unknown = [
            *schema.unknown(item),
            *(f"metadata.{path}" for path in self._schemas.metadata.unknown(metadata)),
        ]
        if unknown and strict:
            fields = ", ".join(f'unknown field "{path}"' for path in unknown)
            raise bad_request(
                f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
                f"strict decoding error: {fields}"
            )
        if unknown:
            schema.prune(item)
            self._schemas.metadata.prune(metadata)
        return item

    def fill_in(self, kind: Kind, item: Tree) -> None:
        """Set the defaults of an object."""
        if kind.crd:
            self._schemas.of(kind).fill_in(item)
        else:
            fill_in(item, address=self._addresses)

    def check_namespace(self, namespace: str) -> None:
        """Check that an object may be created in a namespace.

        Raises:
            ApiError: If the namespace is missing, or on its way out.
        """
        owner = self._objects.find(Key(*NAMESPACES, "", namespace))
        if owner is None:
            raise not_found("namespaces", namespace)
        if "deletionTimestamp" in owner["metadata"]:
            raise ApiError(
                403,
                "Forbidden",
                f"unable to create new content in namespace {namespace} because it is being "
                "terminated",
            )

    def check(self, kind: Kind, item: Tree, live: Tree | None) -> None:
        """Check an object that is to replace `live`, or is new.

        Raises:
            ApiError: If it does not fit.
        """
        name = str(item["metadata"].get("name", ""))
        problems = []
        if not (_PATH_SEGMENT if kind.group == _RBAC else _NAME).fullmatch(name):
            problems.append(f'metadata.name: Invalid value: "{name}": {_NAME_RULE}')
        # Not what the server itself writes there, which is most of it.
        metadata = {
            key: item["metadata"][key] for key in item["metadata"] if key != "managedFields"
        }
        problems += self._schemas.of(kind).problems({**item, "metadata": metadata})
        if kind.crd:
            problems += [
                f"metadata.{problem}" for problem in self._schemas.metadata.problems(metadata)
            ]
        if live is not None and not kind.crd and not problems:
            problems += [
                f"{path}: Forbidden: field is immutable" for path in refused_changes(live, item)
            ]
        if problems:
            raise invalid(kind.kind, kind.group, name, problems)
