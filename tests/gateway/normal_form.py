"""Parts of Envoy's configuration in one of the forms that mean the same."""

from __future__ import annotations

import re
from typing import Any, Final

from tests.gateway.dump import known
from tests.gateway.rbac import Config

UNDECIDED: Final = frozenset({"envoy.filters.http.grpc_stats", "envoy.filters.http.fault"})
"""Filters that count or, without a fault to inject, do nothing."""

_DEFAULTS: Final[tuple[Any, ...]] = (False, "", [], "ALLOW")
_OF_ONE: Final = {
    "andRules": "rules",
    "orRules": "rules",
    "andIds": "ids",
    "orIds": "ids",
    "requiresAny": "requirements",
}


def deciding(filters: list[Config]) -> list[Config]:
    """What the filters say that let a request pass or change it."""
    return [
        without_names(each["typedConfig"])
        for each in known(filters)
        if each["name"] not in UNDECIDED
    ]


def without_names(config: Config) -> Config:
    """Without the names of rules, which say where they come from, and of what is only counted."""
    rules = config.get("rules")
    if not isinstance(rules, dict):
        return config
    return {**config, "rules": {**rules, "policies": list(rules["policies"].values())}}


def normal(value: Any) -> Any:
    """A part of a configuration in one of the forms that mean the same.

    JSON of protocol buffers may leave defaults out, and has two spellings of each field. A choice
    of one, or a conjunction of one, is that one.
    """
    if isinstance(value, list):
        return [normal(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {_camel(key): normal(each) for key, each in value.items()}
    found = {key: each for key, each in found.items() if each not in _DEFAULTS}
    found.pop("shadowRulesStatPrefix", None)
    for name, parts in _OF_ONE.items():
        if found.keys() == {name} and len(found[name].get(parts, ())) == 1:
            only: Any = found[name][parts][0]
            return only
    return found


def _camel(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", name):
        return name
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)
