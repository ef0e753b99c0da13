"""The rules of the load balancer's HTTPS listener, made of Ingresses.

As the AWS Load Balancer Controller makes them (its guide, "Ingress annotations"): in the order of
the group, a rule for each host and path. What is not covered raises.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, Final

_PREFIX: Final = "alb.ingress.kubernetes.io/"
_SERVICE: Final = "istio-ingressgateway"
_IGNORED: Final = frozenset({"healthcheck-path", "healthcheck-port"})


class OnUnauthenticated(Enum):
    """What happens to a request without a session."""

    ALLOW = "no sign-in"
    AUTHENTICATE = "authenticate"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True)
class TokenCheck:
    """A `jwt-validation` action.

    Attributes:
        issuer: Issuer of the tokens that pass.
        claims: The values of other claims.
    """

    issuer: str
    claims: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that forwards to the gateway, after an action that authenticates if it has one.

    Attributes:
        order: Place among all rules.
        host: A name, or a pattern with an asterisk.
        path: A path.
        exact: Whether only this path counts, and not what is below it.
        header: Name and pattern of a header that must be there, if any.
        sign_in: Whether and how users sign in.
        client_id: App client of the sign-in.
        scope: Its scopes.
        session_seconds: Life of a session.
        tokens: What tokens are checked, if any.
    """

    order: int
    host: str
    path: str
    exact: bool
    header: tuple[str, str] | None
    sign_in: OnUnauthenticated
    client_id: str
    scope: str
    session_seconds: int
    tokens: TokenCheck | None

    def applies(self, host: str, path: str, headers: Mapping[str, str]) -> bool:
        """Whether a request is this rule's."""
        if not fnmatchcase(host, self.host):
            return False
        if self.exact and path != self.path:
            return False
        if not self.exact and self.path != "/":
            raise NotImplementedError(f"prefix {self.path}")
        if self.header is None:
            return True
        name, pattern = self.header
        return fnmatchcase(headers.get(name, ""), pattern)


def listener_rules(objects: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """The rules of all Ingresses of the class `kubeflow`, in order."""
    rules = [
        rule
        for item in objects
        if item["kind"] == "Ingress" and item["spec"]["ingressClassName"] == "kubeflow"
        for rule in _rules(item)
    ]
    return sorted(rules, key=lambda rule: rule.order)


def drops_invalid_headers(objects: Iterable[Mapping[str, Any]]) -> bool:
    """Whether names with anything but letters, digits and hyphens are dropped."""
    [params] = [item for item in objects if item["kind"] == "IngressClassParams"]
    attributes = {each["key"]: each["value"] for each in params["spec"]["loadBalancerAttributes"]}
    return attributes.get("routing.http.drop_invalid_header_fields.enabled") == "true"


def _rules(item: Mapping[str, Any]) -> list[Rule]:
    settings = {
        name.removeprefix(_PREFIX): value
        for name, value in item["metadata"]["annotations"].items()
        if name.startswith(_PREFIX)
    }
    for name in _IGNORED:
        settings.pop(name, None)
    order = int(settings.pop("group.order"))
    header = _header(settings.pop(f"conditions.{_SERVICE}", None))
    tokens = _tokens(settings.pop("jwt-validation", None))
    sign_in, client_id = _sign_in(settings)
    scope = settings.pop("auth-scope", "openid")
    session_seconds = int(settings.pop("auth-session-timeout", "604800"))
    if settings.pop("auth-session-cookie", "AWSELBAuthSessionCookie") != "AWSELBAuthSessionCookie":
        raise NotImplementedError("another cookie")
    if settings:
        raise NotImplementedError(f"annotations {', '.join(settings)}")
    return [
        Rule(
            order=order,
            host=rule["host"],
            path=path["path"],
            exact={"Exact": True, "Prefix": False}[path["pathType"]],
            header=header,
            sign_in=sign_in,
            client_id=client_id,
            scope=scope,
            session_seconds=session_seconds,
            tokens=tokens,
        )
        for rule in item["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]


def _header(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    [condition] = json.loads(text)
    config = condition["httpHeaderConfig"]
    [pattern] = config["values"]
    return config["httpHeaderName"].lower(), pattern


def _tokens(text: str | None) -> TokenCheck | None:
    if text is None:
        return None
    action = json.loads(text)
    if action["jwksEndpoint"] != f"{action['issuer']}/.well-known/jwks.json":
        raise NotImplementedError(action["jwksEndpoint"])
    claims = dict(_claim(each) for each in action["additionalClaims"])
    return TokenCheck(issuer=action["issuer"], claims=claims)


def _claim(claim: Mapping[str, Any]) -> tuple[str, str]:
    """A claim of one text matches one value (ELB, "Verify JWTs using an Application ...")."""
    if claim["format"] != "single-string":
        raise NotImplementedError(claim["format"])
    [value] = claim["values"]
    return claim["name"], value


def _sign_in(settings: dict[str, str]) -> tuple[OnUnauthenticated, str]:
    kind = settings.pop("auth-type", "none")
    idp = json.loads(settings.pop("auth-idp-cognito", "{}"))
    otherwise = settings.pop("auth-on-unauthenticated-request", "authenticate")
    if kind == "none":
        return OnUnauthenticated.ALLOW, ""
    if kind != "cognito":
        raise NotImplementedError(f"auth-type {kind}")
    return OnUnauthenticated(otherwise), idp["userPoolClientID"]
