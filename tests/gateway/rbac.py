"""AuthorizationPolicies as Envoy's RBAC filters, in the way of istiod.

After istio 1.30, pilot/pkg/security/authz: what is not covered raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

Config = dict[str, Any]
"""A part of Envoy's configuration, in the form of its protocol buffers' JSON."""

_ANYTHING: Final[Config] = {"any": True}
_CLAIM: Final = re.compile(r"request\.auth\.claims\[([a-z_]+)\]")
_PATHS: Final = ("paths", "notPaths")
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
    _only(operation, "methods", "notPaths", "paths", "ports")
    paths = {name: [_path(each) for each in operation.get(name, ())] for name in _PATHS}
    methods = [
        {"header": {"name": ":method", "string_match": {"exact": each}}}
        for each in operation.get("methods", ())
    ]
    ports = [{"destination_port": int(each)} for each in operation.get("ports", ())]
    rules: list[Config] = [
        {"or_rules": {"rules": each}} for each in (methods, paths["paths"]) if each
    ]
    if paths["notPaths"]:
        rules.append({"not_rule": {"or_rules": {"rules": paths["notPaths"]}}})
    if ports:
        rules.append({"or_rules": {"rules": ports}})
    return {"and_rules": {"rules": rules}}


def _path(pattern: str) -> Config:
    if pattern.endswith("*") and "*" not in pattern.rstrip("*"):
        # Of two stars the first one is a letter, as for istiod.
        return {"url_path": {"path": {"prefix": pattern[:-1]}}}
    if pattern.startswith("*") and "*" not in pattern[1:]:
        return {"url_path": {"path": {"suffix": pattern[1:]}}}
    if "*" in pattern:
        raise NotImplementedError(f"path {pattern}")
    return {"url_path": {"path": {"exact": pattern}}}


def _principal(rule: Mapping[str, Any]) -> Config:
    _only(rule, "from", "to", "when")
    sources = [_source(each["source"]) for each in rule.get("from", ())]
    parts: list[Config] = [{"or_ids": {"ids": sources}}] if sources else []
    parts += [_condition(condition) for condition in rule.get("when", ())]
    return {"and_ids": {"ids": parts or [_ANYTHING]}}


def _source(source: Mapping[str, Any]) -> Config:
    _only(source, "notRequestPrincipals", "principals")
    if "principals" in source:
        # Who called by mutual TLS, which istiod compares as spiffe://PRINCIPAL.
        return {"or_ids": {"ids": [_caller(each) for each in source["principals"]]}}
    if source["notRequestPrincipals"] != ["*"]:
        raise NotImplementedError(f"request principals {source}")
    # A request principal is ISSUER/SUBJECT: there is one if a token with both was verified.
    some = {"string_match": {"safe_regex": {"regex": ".+"}}}
    return {"not_id": {"and_ids": {"ids": [_metadata("iss", some), _metadata("sub", some)]}}}


def _caller(principal: str) -> Config:
    if "*" in principal:
        raise NotImplementedError(f"principal {principal}")
    return {"authenticated": {"principal_name": {"exact": f"spiffe://{principal}"}}}


def _condition(condition: Mapping[str, Any]) -> Config:
    _only(condition, "key", "values", "notValues")
    header = _HEADER.fullmatch(condition["key"])
    if header and condition.get("notValues") == ["*"] and "values" not in condition:
        return {"not_id": {"header": {"name": header[1], "present_match": True}}}
    if header and "notValues" not in condition:
        return {"or_ids": {"ids": [_header(header[1], each) for each in condition["values"]]}}
    if condition["key"] == "source.namespace" and "notValues" not in condition:
        return {"or_ids": {"ids": [_namespace(each) for each in condition["values"]]}}
    match = _CLAIM.fullmatch(condition["key"])
    if match is None:
        raise NotImplementedError(f"condition on {condition['key']}")
    parts = []
    if "values" in condition:
        parts.append(_claim(match[1], condition["values"]))
    if "notValues" in condition:
        parts.append({"not_id": _claim(match[1], condition["notValues"])})
    return {"and_ids": {"ids": parts}}


def _header(name: str, value: str) -> Config:
    return {"header": {"name": name, "string_match": _string(value)}}


def _namespace(name: str) -> Config:
    pattern = f".*/ns/{re.escape(name)}/.*"
    return {"authenticated": {"principal_name": {"safe_regex": {"regex": pattern}}}}


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
