"""Which rights are worth a line: all but those that are listed as harmless."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.rights.holders import Holder, Rights

HARMLESS_FILE: Final = Path(__file__).with_name("harmless.yaml")
REASONS_FILE: Final = Path(__file__).with_name("reasons.yaml")


class Harmless(BaseModel):
    """Some verbs on some resources.

    Attributes:
        verbs: The verbs.
        resources: Patterns of resources.
        but: Patterns of resources for which it does not hold.
        why: Why nobody gains by it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    verbs: frozenset[str]
    resources: tuple[str, ...]
    but: tuple[str, ...] = ()
    why: str

    def covers(self, resource: str) -> bool:
        """Whether it is about a resource."""
        return _matches(resource, self.resources) and not _matches(resource, self.but)


class Reason(BaseModel):
    """Why somebody has the rights of his row.

    Attributes:
        who: The holder's name, or a pattern of some.
        where: The place of the row, or a pattern of some.
        why: What uses them, or what nobody has looked at yet.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    who: str
    where: str
    why: str

    def is_for(self, holder: Holder) -> bool:
        """Whether it is about a holder."""
        return fnmatchcase(holder.name, self.who) and fnmatchcase(holder.place, self.where)


def load_harmless() -> tuple[Harmless, ...]:
    """What is harmless.

    Raises:
        UserError: The file breaks its form; the text names the field.
    """
    return read_data_file(HARMLESS_FILE, TypeAdapter(tuple[Harmless, ...]))


def load_reasons() -> tuple[Reason, ...]:
    """All reasons.

    Raises:
        UserError: The file breaks its form; the text names the field.
    """
    return read_data_file(REASONS_FILE, TypeAdapter(tuple[Reason, ...]))


def notable(rights: Rights, harmless: tuple[Harmless, ...]) -> Mapping[frozenset[str], list[str]]:
    """The resources by what may be done with them, without what is harmless.

    Args:
        rights: All rights of somebody.
        harmless: What to leave out.
    """
    found: dict[frozenset[str], list[str]] = defaultdict(list)
    for resource, verbs in rights.items():
        left = verbs.difference(*(each.verbs for each in harmless if each.covers(resource)))
        if left:
            found[left].append(resource)
    return {verbs: sorted(resources) for verbs, resources in found.items()}


def _matches(resource: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(resource, pattern) for pattern in patterns)
