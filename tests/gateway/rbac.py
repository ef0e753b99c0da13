"""AuthorizationPolicies as Envoy's RBAC filters, in the way of istiod.

After istio 1.29, pilot/pkg/security/authz: what is not covered raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

Config = dict[str, Any]
"""A part of Envoy's configuration, in the form of its protocol buffers' JSON."""

_ANYTHING: Final[Config] = {"any": True}
_CLAIM: Final = re.compile(r"request\.auth\.claims\[([a-z_]+)\]")
_HEADER: Final = re.compile(r"request\.headers\[([a-z-]+)\]")


def rbac_filters(policies: Iterable[Mapping[str, Any]]) -> list[Config]:
    """One filter for all DENY policies, then one for all ALLOW policies."""
    found = list(policies)
    filters = []
    for action in ("DENY", "ALLOW"):
        rules: dict[str, Config] = {}
        for policy in found:
            spec = policy["spec"]
            _only(spec, "action", "rules", "selector")
            if spec.get("action", "ALLOW") != action:
                continue
            name = policy["metadata"]["name"]
            # An ALLOW policy without rules admits nothing, but denies what no other one admits.
            if not spec.get("rules"):
                rules[name] = _policy({"not_rule": _ANYTHING}, {"not_id": _ANYTHING})
            for number, rule in enumerate(spec.get("rules", ())):
                rules[f"{name}-{number}"] = _policy(_permission(rule), _principal(rule))
        if rules:
            filters.append(
                {
                    "name": f"envoy.filters.http.rbac.{action.lower()}",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
                        "rules": {"action": action, "policies": rules},
                    },
                }
            )
    return filters


def _policy(permission: Config, principal: Config) -> Config:
    return {"permissions": [permission], "principals": [principal]}


def _permission(rule: Mapping[str, Any]) -> Config:
    operations = [each["operation"] for each in rule.get("to", ())]
    found = [_operation(each) for each in operations]
    return {"or_rules": {"rules": found}} if found else _ANYTHING


def _operation(operation: Mapping[str, Any]) -> Config:
    _only(operation, "notPaths", "paths", "ports")
    rules = []
    if "ports" in operation:
        ports = [{"destination_port": int(each)} for each in operation["ports"]]
        rules.append({"or_rules": {"rules": ports}})
    if "paths" in operation:
        rules.append(_paths(operation["paths"]))
    if "notPaths" in operation:
        rules.append({"not_rule": _paths(operation["notPaths"])})
    return {"and_rules": {"rules": rules}}


def _paths(patterns: Iterable[str]) -> Config:
    return {"or_rules": {"rules": [{"url_path": {"path": _path(each)}} for each in patterns]}}


def _path(pattern: str) -> Config:
    if "*" in pattern[:-1]:
        raise NotImplementedError(f"path {pattern}")
    return {"prefix": pattern[:-1]} if pattern.endswith("*") else {"exact": pattern}


def _principal(rule: Mapping[str, Any]) -> Config:
    _only(rule, "from", "to", "when")
    parts = [_condition(condition) for condition in rule.get("when", ())]
    sources = [_source(each["source"]) for each in rule.get("from", ())]
    if sources:
        parts.append({"or_ids": {"ids": sources}})
    return {"and_ids": {"ids": parts or [_ANYTHING]}}


def _source(source: Mapping[str, Any]) -> Config:
    _only(source, "notRequestPrincipals")
    if source["notRequestPrincipals"] != ["*"]:
        raise NotImplementedError(f"request principals {source}")
    # A request principal is ISSUER/SUBJECT: there is one if a token with both was verified.
    some = {"string_match": {"safe_regex": {"regex": ".+"}}}
    return {"not_id": {"and_ids": {"ids": [_metadata("iss", some), _metadata("sub", some)]}}}


def _condition(condition: Mapping[str, Any]) -> Config:
    _only(condition, "key", "values", "notValues")
    header = _HEADER.fullmatch(condition["key"])
    if header and condition.get("notValues") == ["*"] and "values" not in condition:
        return {"not_id": {"header": {"name": header[1], "present_match": True}}}
    match = _CLAIM.fullmatch(condition["key"])
    if match is None:
        raise NotImplementedError(f"condition on {condition['key']}")
    parts = []
    if "values" in condition:
        parts.append(_claim(match[1], condition["values"]))
    if "notValues" in condition:
        parts.append({"not_id": _claim(match[1], condition["notValues"])})
    return {"and_ids": {"ids": parts}}


def _claim(name: str, values: Iterable[str]) -> Config:
    matchers: list[Config] = [{"string_match": _string(value)} for value in values]
    # Envoy takes no choice of one.
    texts = matchers[0] if len(matchers) == 1 else {"or_match": {"value_matchers": matchers}}
    # A claim may be a text or a list that holds it.
    either = {"or_match": {"value_matchers": [{"list_match": {"one_of": texts}}, texts]}}
    return _metadata(name, either)


def _string(value: str) -> Config:
    if value == "*":
        return {"safe_regex": {"regex": ".+"}}
    if "*" in value:
        raise NotImplementedError(f"wildcard in {value}")
    return {"exact": value}


def _metadata(claim: str, value: Config) -> Config:
    return {
        "metadata": {
            "filter": "envoy.filters.http.jwt_authn",
            "path": [{"key": "payload"}, {"key": claim}],
            "value": value,
        }
    }


def _only(given: Mapping[str, Any], *known: str) -> None:
    if unknown := given.keys() - set(known):
        raise NotImplementedError(f"{', '.join(sorted(unknown))} is not covered")
