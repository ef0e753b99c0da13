"""Cognito's pre token generation trigger: writes who somebody is in Kubeflow into the access token.

No identity, no claim; the gateway then denies the request. Events and answers have the versions
V2_0 and V3_0 (Amazon Cognito Developer Guide, "Pre token generation Lambda trigger").

Environment:
    IDENTITY_PROVIDERS: JSON; of each federated provider the `domains` that it may speak for, and
        whether all its addresses are `verified`.
    MACHINES: JSON; the identity of each machine client by the one scope that it is allowed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

# ASCII without wildcards: the address becomes an HTTP header and is compared letter by letter.
EMAIL = re.compile(r"[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
MAX_EMAIL = 254

CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"

# What the token of a program says of itself, and no user's does: the load balancer asks for it.
PROGRAM = {"kubeflow_caller": "program"}

Event = dict[str, Any]


def handler(event: Event, _context: object) -> Event:
    """Answer with the claim `email`, and `kubeflow_caller` for a program; or without any."""
    identity = _identity(event)
    claims = {"email": identity} if identity else {}
    if identity and event["triggerSource"] == CLIENT_CREDENTIALS:
        claims |= PROGRAM
    event["response"] = {
        "claimsAndScopeOverrideDetails": {
            "accessTokenGeneration": {"claimsToAddOrOverride": claims}
        }
    }
    return event


def _identity(event: Event) -> str | None:
    request = event["request"]
    if event["triggerSource"] == CLIENT_CREDENTIALS:
        machines = json.loads(os.environ["MACHINES"])
        found = [machines[scope] for scope in request.get("scopes") or () if scope in machines]
        return found[0] if len(found) == 1 else None
    attributes = request.get("userAttributes") or {}
    email = str(attributes.get("email", "")).lower()
    if len(email) > MAX_EMAIL or not EMAIL.fullmatch(email):
        return None
    return email if _is_vouched_for(email, attributes) else None


def _is_vouched_for(email: str, attributes: Mapping[str, str]) -> bool:
    verified = attributes.get("email_verified") == "true"
    if "identities" not in attributes:
        return verified
    # Of a user with several providers the token does not tell which one she came by.
    names = {each["providerName"] for each in json.loads(attributes["identities"])}
    if len(names) != 1:
        return False
    provider = json.loads(os.environ["IDENTITY_PROVIDERS"]).get(names.pop())
    if provider is None or email.partition("@")[2] not in provider["domains"]:
        return False
    return verified or provider["verified"]
