"""What a request to a Kubernetes API asks for, read from its URL and body."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import yaml

from localcloud.kubernetes.status import ApiError, bad_request

_PATH: Final = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/(?P<version>[^/]+)"
    r"(?:/namespaces/(?P<namespace>[^/]+)(?=/[^/]+))?"
    r"/(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<subresource>[^/]+))?"
)
_READABLE: Final = re.compile(r"application/([-a-z]+\+)?(json|yaml)")


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
        subresource: ``status``, or empty for the object itself.
        query: Query parameters; the last one of a name counts.
        content_type: Of the body, without parameters.
        body: Parsed; None if there is none.
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


def parse_request(method: str, url: str, *, content_type: str, body: bytes) -> ResourceRequest:
    """Read a request.

    Raises:
        ApiError: If its URL is not one of objects, or its body cannot be read.
    """
    parts = urlsplit(url)
    match = _PATH.fullmatch(parts.path)
    found = {key: value or "" for key, value in match.groupdict().items()} if match else {}
    if found.get("subresource") not in {"", "status"}:
        raise ApiError(404, "NotFound", "the server could not find the requested resource")
    kind = content_type.split(";")[0].strip()
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    parsed = _parsed(kind, body)
    if query.get("dryRun") or (isinstance(parsed, dict) and parsed.get("dryRun")):
        raise bad_request("a dry run is not known here; ask a real control plane")
    return ResourceRequest(method=method, query=query, content_type=kind, body=parsed, **found)


def _parsed(content_type: str, body: bytes) -> Any:
    if not body:
        return None
    if not _READABLE.fullmatch(content_type):
        raise ApiError(415, "UnsupportedMediaType", f"{content_type} cannot be read here")
    try:
        return yaml.load(body, yaml.CSafeLoader) if "yaml" in content_type else json.loads(body)
    except (ValueError, yaml.YAMLError) as error:
        raise bad_request(f"the body cannot be read: {error}") from error
