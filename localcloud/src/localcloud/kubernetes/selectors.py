"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_IN: Final = re.compile(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)")
_TERMS: Final = re.compile(r",(?![^(]*\))")


def matches(item: Mapping[str, Any], labels: str, fields: str) -> bool:
    """Whether an object fits a label selector and a field selector; empty ones fit all."""
    return _labels_match(item, labels) and _fields_match(item, fields)


def _labels_match(item: Mapping[str, Any], selector: str) -> bool:
    """Whether an object's labels fit a selector (``a=b,c!=d,e in (f,g),h,!i``)."""
    labels = item["metadata"].get("labels") or {}
    return all(_fits(labels, term.strip()) for term in _TERMS.split(selector) if term.strip())


def _fields_match(item: Mapping[str, Any], selector: str) -> bool:
    """Whether an object's fields fit a selector (``metadata.name=a,status.phase!=b``)."""
    for term in filter(None, selector.split(",")):
        path, unequal, value = re.split(r"(!?=)=?", term, maxsplit=1)
        found: Any = item
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        if (str(found if found is not None else "") == value) is unequal.startswith("!"):
            return False
    return True


def _fits(labels: Mapping[str, str], term: str) -> bool:
    among = _IN.fullmatch(term)
    if among:
        values = {value.strip() for value in among[3].split(",")}
        return (labels.get(among[1]) in values) is (among[2] == "in")
    if "!=" in term:
        key, value = term.split("!=")
        return labels.get(key) != value
    if "=" in term:
        key, value = re.split("==?", term, maxsplit=1)
        return labels.get(key) == value
    if term.startswith("!"):
        return term[1:] not in labels
    return term in labels
