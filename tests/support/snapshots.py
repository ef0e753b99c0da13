"""Templates without what changes by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")


def normalized(template: Mapping[str, Any]) -> dict[str, Any]:
    """Asset hashes as numbers in order of first appearance, so that a wrong asset still shows."""
    seen: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"<asset-{len(seen) + 1}>")

    text = _ASSET_HASH.sub(number, json.dumps(template, sort_keys=True))
    result: dict[str, Any] = json.loads(text)
    return result
