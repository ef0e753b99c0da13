"""The table of resource types: what the emulator does with each of their properties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from localcloud.resources.registry import SCHEMA_ONLY, Registry

_HEAD: Final = """# Resource types of the local cloud

Written by `python -m localcloud coverage --markdown`; a test compares. A property is applied
through the service's API, only recorded, or refused.

| type | file | acts on | records | refuses |
|---|---|---|---|---|
"""

_ONLY_CHECKED: Final = """
## Checked and kept

No service stands behind these: their properties are checked against the registry's schema.

| type | why |
|---|---|
"""


def markdown(registry: Registry, region: str) -> str:
    """The table of all types.

    Args:
        registry: Its types.
        region: Whose schemas say what properties there are.
    """
    emulated = "".join(
        f"| {row.resource_type} "
        f"| {_file(registry, row.resource_type)} "
        f"| {_names(row.applied)} | {_names(row.recorded)} | {_names(row.refused)} |\n"
        for row in registry.coverage(region)
        if row.emulated
    )
    checked = "".join(f"| {name} | {why} |\n" for name, why in sorted(SCHEMA_ONLY.items()))
    return f"{_HEAD}{emulated}{_ONLY_CHECKED}{checked}"


def _file(registry: Registry, resource_type: str) -> str:
    module = type(registry.emulated[resource_type]).__module__
    return f"resources/{module.rpartition('.')[2]}.py"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
