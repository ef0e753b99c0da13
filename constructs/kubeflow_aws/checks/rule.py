"""What one of our own rules is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Properties = Mapping[str, Any]
"""Properties of a resource in a template, whose form CloudFormation's schema gives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule over one type of resource.

    Attributes:
        id: Shown in the report.
        resource_type: What it looks at.
        complies: Whether the properties keep the rule.
        why: What goes wrong otherwise.
        fix: What to do.
    """

    id: str
    resource_type: str
    complies: Callable[[Properties], bool]
    why: str
    fix: str
