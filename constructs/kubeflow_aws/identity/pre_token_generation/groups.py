"""The groups that somebody is in, each together with who says so.

A group of the user pool is `COGNITO:NAME`, one that a federated provider tells of is
`PROVIDER:NAME`: so a provider speaks for no group but its own. The deployment file's groups have
the same names (kubeflow_aws/deployment/group_names.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

POOL = "COGNITO"
ATTRIBUTE = "custom:groups"


def groups_of(request: Mapping[str, Any], provider: str | None) -> frozenset[str]:
    """The groups of the person whom a token is for.

    Args:
        request: The request of Cognito's event.
        provider: Whose groups the attribute holds; without one it is not read.
    """
    configuration = request.get("groupConfiguration") or {}
    names = {f"{POOL}:{name}" for name in configuration.get("groupsToOverride") or ()}
    if provider:
        told = (request.get("userAttributes") or {}).get(ATTRIBUTE) or ""
        names |= {f"{provider}:{name}" for name in _values(str(told))}
    return frozenset(names)


def _values(text: str) -> Iterator[str]:
    """What an attribute of one or of several values holds.

    Cognito makes one text of several, `[a, b]`, and URL-encodes in each what is neither a letter
    nor a digit nor one of `.-*_`; a claim of an OIDC provider may come as JSON. (Amazon Cognito
    Developer Guide, "Mapping IdP attributes to profiles and tokens"; believed, not tried.)
    """
    inner = text.strip()
    values: list[Any] = []
    if inner.startswith("[") and inner.endswith("]"):
        try:
            values = list(json.loads(inner))
        except ValueError:
            values = inner[1:-1].split(",")
    else:
        values = inner.split(",")
    for value in values:
        name = unquote_plus(str(value).strip())
        if name:
            yield name
