"""Where two JSON values differ."""

from __future__ import annotations

from collections.abc import Iterator

from kubeflow_aws.objects.kubernetes_object import JsonValue


def paths_that_differ(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[str]:
    """The deepest fields that differ; lists of unequal length differ as a whole.

    Args:
        before: One value.
        after: The other.
        path: Where they stand.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            below = f"{path}.{name}".lstrip(".")
            yield from paths_that_differ(before.get(name), after.get(name), below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (first, second) in enumerate(zip(before, after, strict=True)):
            yield from paths_that_differ(first, second, f"{path}[{index}]")
    elif before != after and not (is_empty(before) and is_empty(after)):
        yield path


def is_empty(value: JsonValue) -> bool:
    """Whether a value says nothing: the API server takes no map and an empty one for the same."""
    return value is None or value == {} or value == []
