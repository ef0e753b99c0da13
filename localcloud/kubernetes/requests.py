"""What a request to a Kubernetes API asks for, read from its URL and headers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import yaml

from localcloud.kubernetes import protobuf
from localcloud.kubernetes.status import bad_request
from localcloud.kubernetes.store import WriteOptions

_PATH: Final = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?"
    r"/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<subresource>[^/]+))?"
)
_NAMESPACE_SUBRESOURCES: Final = frozenset({"finalize", "status"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceRequest:
    """A request about objects.

    Attributes:
        method: HTTP's.
        group: API group, empty for the core group.
        version: API version.
        plural: For example ``deployments``.
        namespace: Empty for objects of the cluster, and for all namespaces.
        name: Empty for a collection.
        subresource: For example ``status``; mostly empty.
        query: Query parameters; the last one of a name counts.
        content_type: Of the body, without parameters.
        body: Parsed; None if there is none.
        user_agent: Of the client: the field manager unless the query names one.
        accept: What the client wants, as it says.
    """

    method: str
    group: str
    version: str
    plural: str
    namespace: str
    name: str
    subresource: str
    query: dict[str, str]
    content_type: str
    body: Any
    user_agent: str
    accept: str

    @property
    def shape(self) -> str:
        """``Table``, ``PartialObjectMetadata``, or empty for objects as they are."""
        wanted = re.search(r"as=(Table|PartialObjectMetadata)(?:List)?[;,]", f"{self.accept};")
        return wanted[1] if wanted else ""

    @property
    def options(self) -> WriteOptions:
        """What a write asks for."""
        return WriteOptions(
            manager=self.query.get("fieldManager") or self.user_agent.split("/")[0],
            strict=self.query.get("fieldValidation") == "Strict",
            dry_run="All" in self.query.get("dryRun", ""),
            subresource=self.subresource,
            force=self.query.get("force") == "true",
        )


def parse_request(
    method: str, url: str, *, content_type: str, body: bytes, user_agent: str, accept: str
) -> ResourceRequest | None:
    """Read a request; None if its URL is not one of objects.

    Raises:
        ApiError: For a body that cannot be read.
    """
    parts = urlsplit(url)
    match = _PATH.fullmatch(parts.path)
    if match is None:
        return None
    found = {key: value or "" for key, value in match.groupdict().items()}
    # /api/v1/namespaces/NAME/status is about the namespace itself.
    if not found["group"] and found["namespace"] and found["plural"] in _NAMESPACE_SUBRESOURCES:
        found.update(
            name=found["namespace"],
            subresource=found["plural"],
            plural="namespaces",
            namespace="",
        )
    kind = content_type.split(";")[0].strip()
    return ResourceRequest(
        method=method,
        query={key: values[-1] for key, values in parse_qs(parts.query).items()},
        content_type=kind,
        body=_parsed(kind, body),
        user_agent=user_agent,
        accept=accept,
        **found,
    )


def _parsed(content_type: str, body: bytes) -> Any:
    if not body:
        return None
    if content_type == "application/vnd.kubernetes.protobuf":
        return protobuf.decoded(body)
    try:
        if content_type.endswith("yaml"):
            return yaml.load(body, yaml.CSafeLoader)
        return json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"the body cannot be read: {error}") from error
