"""Cognito's pre token generation trigger: writes who somebody is in Kubeflow into the access token.

No identity, no claim; the gateway then denies the request. Events and answers have the versions
V2_0 and V3_0 (Amazon Cognito Developer Guide, "Pre token generation Lambda trigger").

Environment:
    IDENTITY_PROVIDERS: JSON; of each federated provider the `domains` that it may speak for,
        whether all its addresses are `verified`, and whether it tells `groups`.
    MACHINES: JSON; the identity of each machine client by the one scope that it is allowed.
    CLUSTER: JSON, only where profiles name groups; `name`, `url` and `authority` of the cluster in
        which members of groups have their rights.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .groups import groups_of

# ASCII without wildcards: the address becomes an HTTP header and is compared letter by letter.
EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
MAX_EMAIL = 254

CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"

# What the token of a program says of itself, and no user's does: the load balancer asks for it.
PROGRAM = {"kubeflow_caller": "program"}

Event = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whose address is vouched for.

    Attributes:
        email: Her address.
        groups_by: The federated provider that tells her groups, if one does.
    """

    email: str
    groups_by: str | None


def handler(event: Event, _context: object) -> Event:
    """Answer with the claim `email`, and `kubeflow_caller` for a program; or without any.

    Where profiles name groups, a person has the rights of hers, and no others of groups, before
    her token is written. If they cannot be taken away, this fails, and Cognito writes none.
    """
    claims: dict[str, str] = {}
    if event["triggerSource"] == CLIENT_CREDENTIALS:
        if identity := _machine(event["request"]):
            claims = {"email": identity, **PROGRAM}
    elif person := _person(event["request"]):
        claims = {"email": person.email}
        if "CLUSTER" in os.environ:
            _follow_groups(person, event["request"])
    event["response"] = {
        "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": {"claimsToAddOrOverride": claims}
        }
    }
    return event


def _machine(request: Mapping[str, Any]) -> str | None:
    machines = json.loads(os.environ["MACHINES"])
    found = [machines[scope] for scope in request.get("scopes") or () if scope in machines]
    return found[0] if len(found) == 1 else None


def _person(request: Mapping[str, Any]) -> Person | None:
    attributes = request.get("userAttributes") or {}
    email = str(attributes.get("email", "")).lower()
    if len(email) > MAX_EMAIL or not EMAIL.fullmatch(email):
        return None
    verified = attributes.get("email_verified") == "true"
    if "identities" not in attributes:
        return Person(email=email, groups_by=None) if verified else None
    # Of a user with several providers the token does not tell which one she came by.
    names = {each["providerName"] for each in json.loads(attributes["identities"])}
    if len(names) != 1:
        return None
    name = names.pop()
    provider = json.loads(os.environ["IDENTITY_PROVIDERS"]).get(name)
    if provider is None or email.partition("@")[2] not in provider["domains"]:
        return None
    if not verified and not provider["verified"]:
        return None
    return Person(email=email, groups_by=name if provider.get("groups") else None)


def _follow_groups(person: Person, request: Mapping[str, Any]) -> None:
    # Where no profile names a group, a sign-in does not wait for what this needs.
    from .cluster import connect
    from .memberships import reconcile

    api = connect(json.loads(os.environ["CLUSTER"]), os.environ["AWS_REGION"])
    try:
        reconcile(api, person.email, groups_of(request, person.groups_by))
    finally:
        api.close()
