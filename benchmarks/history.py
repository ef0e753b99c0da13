"""The history of the budgets: one line a record, and how a run compares with the last."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from kubeflow_aws.files.errors import UserError

WORSE: Final = 1.05
"""From here a number is worse than the last; less is between two runs on one machine."""


class Entry(BaseModel):
    """What one run measured.

    Attributes:
        date: The day, as ISO writes it.
        commit: What was measured.
        cores: Of the machine: a render uses all.
        budgets: Each number by the name of its budget; less is better.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: str
    commit: str
    cores: int
    budgets: Mapping[str, float]


def read_history(file: Path) -> list[Entry]:
    """All entries, the oldest first; none where there is no file yet.

    Raises:
        UserError: A line is no entry; the text names it.
    """
    if not file.is_file():
        return []
    entries = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entries.append(Entry.model_validate_json(line))
        except ValidationError:
            raise UserError(
                f"{file}: line {number} is no entry of the history; "
                "restore the line that `make bench` has written"
            ) from None
    return entries


def append_entry(file: Path, entry: Entry) -> None:
    """Write an entry below the others."""
    with file.open("a", encoding="utf-8") as history:
        history.write(json.dumps(entry.model_dump(mode="json"), sort_keys=True) + "\n")


def compared(name: str, found: float, last: Entry | None) -> str:
    """What the last entry has for a budget, marked where the number found is worse."""
    before = last.budgets.get(name) if last else None
    if before is None:
        return ""
    return f"{before:.4g} WORSE" if found >= before * WORSE else f"{before:.4g}"
