"""All acknowledgments of synthesized apps, as a table for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

METADATA: Final = "aws:cdk:acknowledged-rules"
_STACK_PREFIX: Final = re.compile(
    r"^(?:KubeflowDelivery/[a-z]+/)?Kubeflow(?:Dev)?(?=[A-Z])|^cross-region-stack-\d+:"
)
_TOO_SPECIAL: Final = re.compile(r"[A-Z0-9]{8}(?=[.>])|\d{12}")


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Acknowledgment:
    """A finding that is right as it is.

    Attributes:
        finding: The rule, with what it found in brackets.
        reason: Why it is right.
        where: Path of the construct that it stands beside, without the deployment's name.
    """

    finding: str
    reason: str
    where: str


def acknowledgments_in(assembly: Path) -> Iterator[Acknowledgment]:
    """The acknowledgments of a cloud assembly, those of its stages included."""
    for file in sorted(assembly.rglob("*.metadata.json")):
        for path, entries in json.loads(file.read_text(encoding="utf-8")).items():
            for entry in entries:
                if entry["type"] == METADATA:
                    for finding, reason in entry["data"].items():
                        yield Acknowledgment(
                            finding=_general(finding.removeprefix("Annotation::")),
                            reason=reason,
                            where=_STACK_PREFIX.sub("", path.lstrip("/")) or "all stacks",
                        )


def table_of(acknowledgments: Iterable[Acknowledgment]) -> str:
    """A Markdown table: each reason once, with its findings and where they stand."""
    grouped: dict[tuple[str, str], set[str]] = {}
    for each in acknowledgments:
        rule = each.finding.partition("[")[0].rpartition("::")[2]
        grouped.setdefault((rule, each.reason), set()).add(each.where)
    lines = ["| rule | where | why it is right |", "|---|---|---|"]
    for (rule, reason), places in sorted(grouped.items()):
        lines.append(f"| {rule} | {_some(sorted(places))} | {_cell(reason)} |")
    return "\n".join(lines) + "\n"


def _some(places: list[str]) -> str:
    shown = "<br>".join(f"`{place}`" for place in places[:4])
    return shown + (f"<br>and {len(places) - 4} more" if len(places) > 4 else "")


def _general(finding: str) -> str:
    """Without account numbers and the hashes of logical ids."""
    return _TOO_SPECIAL.sub("", finding)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
