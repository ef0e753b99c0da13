"""The table of who may do what, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rights.holders import EVERYWHERE, IN_A_PROFILE, PEOPLE, Holder
from kubeflow_aws.rights.notable import (
    REASONS_FILE,
    Harmless,
    Reason,
    load_harmless,
    load_reasons,
    notable,
)

_WORDS: Final = {
    "everything with": frozenset({"*"}),
    "write": frozenset({"create", "delete", "patch", "update"}),
    "read": frozenset({"get", "list", "watch"}),
}
"""What many verbs together are called."""


def rights_table(holders: Iterable[Holder]) -> str:
    """A Markdown table: everybody with a notable right, where he has it, and why.

    Args:
        holders: Everybody who holds rights.

    Raises:
        UserError: Somebody has notable rights and no reason in reasons.yaml.
    """
    harmless, reasons = load_harmless(), load_reasons()
    lines = ["| who | where | may, beside looking | why |", "|---|---|---|---|"]
    for holder in sorted(_once(list(holders)), key=_order):
        cells = list(_cells(holder, harmless))
        if cells:
            why = _why(holder, reasons)
            lines.append(f"| {holder.name} | {holder.place} | {'<br>'.join(cells)} | {why} |")
    return "".join(f"{line}\n" for line in lines)


def _once(holders: Sequence[Holder]) -> Iterator[Holder]:
    """Everybody, without the rights in a namespace that he has in all of them."""
    everywhere = {each.name: each.rights for each in holders if each.place == EVERYWHERE}
    for holder in holders:
        if holder.place != EVERYWHERE:
            more = everywhere.get(holder.name, {})
            rights = {
                resource: verbs - more.get(resource, frozenset())
                for resource, verbs in holder.rights.items()
            }
            yield replace(holder, rights=rights)
        else:
            yield holder


def _cells(holder: Holder, harmless: tuple[Harmless, ...]) -> Iterator[str]:
    found = notable(holder.rights, harmless)
    for verbs, resources in sorted(found.items(), key=lambda each: (each[1], sorted(each[0]))):
        yield f"{_said(verbs)}: {', '.join(resources)}".replace("*", "\\*")


def _said(verbs: frozenset[str]) -> str:
    words = [word for word, meant in _WORDS.items() if meant <= verbs]
    known = frozenset().union(*(_WORDS[word] for word in words))
    if "write" in words:
        known |= {"deletecollection"}
    return ", ".join([*words, *sorted(verbs - known)]) if "*" not in verbs else words[0]


def _why(holder: Holder, reasons: tuple[Reason, ...]) -> str:
    for reason in reasons:
        if reason.is_for(holder):
            return reason.why
    raise UserError(
        f"{REASONS_FILE.name}: {holder.name} has rights ({holder.place}) and no reason; read what "
        "uses them in its source, and add who, where and why"
    )


def _order(holder: Holder) -> tuple[int, str, str]:
    """People first, then who may do it everywhere."""
    if holder.place == IN_A_PROFILE:
        return list(PEOPLE).index(holder.name), "", ""
    return len(PEOPLE) + (holder.place != EVERYWHERE), holder.name, holder.place
