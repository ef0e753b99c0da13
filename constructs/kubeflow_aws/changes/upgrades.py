"""`manifests/upgrades.yaml`: what upstream says must be done by hand from release to release."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file

Release = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)+(-rc\.\d+)?$")]
"""For example `26.03`, `26.03.1` and, before it, `26.03.1-rc.2`."""


class UpgradeNote(BaseModel):
    """One thing that somebody must do when a deployment leaves a release."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    leaving: Release = Field(description="The release that is left, for any newer one.")
    subject: str = Field(description="What it is about.")
    why: str = Field(description="Why nobody else can do it.")
    source: str = Field(description="Where upstream says so.")
    delete: tuple[str, ...] = Field(
        default=(), description="Objects to delete, as our plans name them."
    )
    when: Literal["before", "after"] = Field(
        default="before",
        description="Whether before the deployment, or once the new release is ready.",
    )
    keep: str | None = Field(default=None, description="What must not be deleted.")

    def concerns(self, before: str, after: str) -> bool:
        """Whether an upgrade from one release to another leaves this one behind."""
        return _order(before) <= _order(self.leaving) < _order(after)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A note that concerns a deployment, with those of its objects that are there.

    Attributes:
        note: The note.
        deployed: Objects to delete.
    """

    note: UpgradeNote
    deployed: list[str]


def load_upgrades(path: Path) -> list[UpgradeNote]:
    """Read the notes.

    Raises:
        UserError: The file cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(list[UpgradeNote]))


def steps_of(
    notes: Iterable[UpgradeNote], before: str, after: str, deployed: Collection[str]
) -> list[Step]:
    """What must be done by hand between two releases.

    Args:
        notes: All notes.
        before: The deployed release.
        after: The new one.
        deployed: The deployed objects, as our plans name them; a note on objects that are not
            among them concerns nobody.
    """
    steps = []
    for note in notes:
        there = [item for item in note.delete if item in deployed]
        if note.concerns(before, after) and (there or not note.delete):
            steps.append(Step(note=note, deployed=there))
    return steps


def _order(release: str) -> tuple[tuple[int, ...], float]:
    """Sorts releases, a candidate before what it is a candidate for."""
    numbers, _, candidate = release.partition("-rc.")
    return tuple(int(part) for part in numbers.split(".")), float(candidate or "inf")
