"""Images whose registry, name and version stand apart in a text, and a program joins them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from kubeflow_aws.objects.image_reference import (
    OLDEST,
    ImageReference,
    Version,
    parse_reference,
    parse_version,
)
from kubeflow_aws.objects.kubernetes_object import JsonValue

# As KServe names explainers.
_VERSION_BESIDE: Final = re.compile(
    r'("image"\s*:\s*")((?:[a-z0-9.-]+:\d+/)?[a-z0-9][a-z0-9._/-]*)'
    r'(",\s*"defaultImageVersion"\s*:\s*")([\w.-]+)(?=")'
)


def map_versions_beside(text: str, name: Callable[[str], str]) -> str:
    """A text of KServe's with a function applied to each image that has its version beside it."""

    def renamed(found: re.Match[str]) -> str:
        new = parse_reference(name(f"{found[2]}:{found[4]}"))
        # Of a short name that keeps its version, the name stays short.
        return f"{found[1]}{new.name}{found[3]}{new.tag}"

    return _VERSION_BESIDE.sub(renamed, text) if "defaultImageVersion" in text else text


def map_with_hub(text: str, name: Callable[[str], str]) -> str:
    """A text of Istio's with a function applied to the images below each `hub`.

    Istio's injector joins `hub`, the name of an image below it, and `tag`. One tag stands for all,
    so the highest counts. What is no JSON, or has no `hub` with a `tag`, stays as it is.
    """
    if '"hub"' not in text or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        values = json.loads(text)
    except ValueError:
        return text
    changes = [_set_hub(node, name) for node in _with_hub(values)]
    if not any(changes):
        return text
    indent = 2 if "\n" in text.strip() else None  # as Istio writes it
    end = text[len(text.rstrip()) :]
    return f"{json.dumps(values, indent=indent, ensure_ascii=False)}{end}"


def _with_hub(node: JsonValue) -> Iterator[dict[str, JsonValue]]:
    if isinstance(node, dict):
        if node.get("hub") and node.get("tag"):
            yield node
        for value in node.values():
            yield from _with_hub(value)
    elif isinstance(node, list):
        for value in node:
            yield from _with_hub(value)


def _set_hub(node: dict[str, JsonValue], name: Callable[[str], str]) -> bool:
    """Rename the images below a hub; whether that changes anything."""
    renamed = [
        parse_reference(name(f"{node['hub']}/{word}:{node['tag']}"))
        for word in sorted(set(_names(node)))
    ]
    if not renamed:
        return False
    newest = max(renamed, key=_version)
    hub = newest.name.rpartition("/")[0]
    changes = (hub, newest.tag) != (node["hub"], str(node["tag"]))
    node["hub"], node["tag"] = hub, newest.tag
    return changes


def _version(reference: ImageReference) -> Version:
    return parse_version(reference.tag) or OLDEST


def _names(node: JsonValue) -> Iterator[str]:
    """The names below a hub: bare words under keys `image`."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "image" and isinstance(value, str) and re.fullmatch(r"[a-z0-9-]+", value):
                yield value
            yield from _names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _names(value)
