"""What must be mended, or let through, before other versions of sources can be pinned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from kubeflow_aws.bump.kustomizations import Entry
from kubeflow_aws.bump.trial import Failure, Trial

_SHORT_REASON = 40
"""Shorter ends of an error, as "no such file or directory", say nothing without what is before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """Something that stops a pin.

    Attributes:
        subject: The component, source or deployment that it is about.
        what: What is wrong, in one line.
        how: What would mend it, in one line, if somebody knows.
        details: Everything else.
        acceptable: Whether somebody may let it through, by its subject.
    """

    subject: str
    what: str
    how: str = ""
    details: Sequence[str] = ()
    acceptable: bool = False


def mends_of(trial: Trial) -> list[Mend]:
    """What stops a trial: first what is lost without an error, which nobody else would tell."""
    return [
        *_losses(trial),
        *_stand_ins(trial),
        *_missing(trial),
        *_unknown(trial),
        *_failures(trial),
        *_uncompared(trial),
    ]


def _losses(trial: Trial) -> Iterator[Mend]:
    for component in sorted({each.component for each in trial.losses}):
        # In the order in which they were found: wholesale first.
        what = [each.what for each in trial.losses if each.component == component]
        more = f" and {len(what) - 1} more" if len(what) > 1 else ""
        yield Mend(
            subject=component,
            what=f"loses {what[0]}{more}",
            details=[f"loses {each}" for each in what],
            acceptable=True,
        )


def _stand_ins(trial: Trial) -> Iterator[Mend]:
    for name, pinned in trial.pinned.items():
        for path in pinned.stand_ins:
            yield Mend(
                subject=name,
                what=f"the mirror has a stand-in for {path.rpartition('/')[2]}, not the program",
                details=[
                    f"{path}: the digest in the lock file is the old version's, and nobody "
                    "compared it with the new one's. A download with another program would be "
                    "refused: pin from an archive of the whole source, or compare, and let it "
                    "through."
                ],
                acceptable=True,
            )


def _missing(trial: Trial) -> Iterator[Mend]:
    for entry in _one_each(trial.followed.missing):
        found = trial.proposals.get(entry.in_upstream, ())
        inside = entry.in_upstream.partition("/")[2]
        yield Mend(
            subject=entry.component,
            what=f"no {inside}",
            how=f"perhaps {found[0].partition('/')[2]}" if found else "",
            details=[
                f"manifests/{entry.file} names {entry.text}, which is not in the new sources",
                *(f"perhaps it is {each}" for each in found),
            ],
        )


def _one_each(entries: Sequence[Entry]) -> list[Entry]:
    return list({(each.component, each.in_upstream): each for each in entries}.values())


def _unknown(trial: Trial) -> Iterator[Mend]:
    for unknown in trial.followed.unknown:
        name = unknown.add[0].rstrip(":") if unknown.add else ""
        yield Mend(
            subject=unknown.entry.component,
            what=unknown.entry.text,
            how=f"{unknown.why}{f': add to {name} in the lock file' if name else ''}",
            details=[
                f"{unknown.entry.file} names {unknown.entry.text}: {unknown.why}",
                *(["add to sources in manifests/upstream.lock.yaml:"] if unknown.add else []),
                *(f"  {line}" for line in unknown.add),
            ],
        )


def _failures(trial: Trial) -> Iterator[Mend]:
    missing = {entry.component for entry in trial.followed.missing}
    for name, failures in groupby(trial.failures, key=lambda each: each.component or each.name):
        several = list(failures)
        if name not in missing:
            yield Mend(
                subject=name,
                what=f"cannot be rendered: {_short(several[0])}",
                details=[f"{each.name}: {each.reason}" for each in several],
            )


def _short(failure: Failure) -> str:
    """The end of what kustomize says: before it stands how it came there."""
    parts = " ".join(failure.reason.split()).split(": ")
    end = parts.pop()
    while parts and len(end) < _SHORT_REASON:
        end = f"{parts.pop()}: {end}"
    return end


def _uncompared(trial: Trial) -> Iterator[Mend]:
    for component in trial.uncompared:
        yield Mend(
            subject=component,
            what="did not render from the old sources: nobody knows what it lost",
            acceptable=True,
        )
