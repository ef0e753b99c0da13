"""What a bump did or would do: a summary for one screen, and everything for a file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from kubeflow_aws.bump.references import parse_reference
from kubeflow_aws.bump.trial import Trial
from kubeflow_aws.changes.upgrades import Step
from kubeflow_aws.cli.bump.mending import Mend
from kubeflow_aws.cli.changes import change_lines, step_lines

WIDTH: Final = 80
HEIGHT: Final = 23
"""Lines of a terminal of 24, one of which the prompt has."""

MOST_MOVES: Final = 6
MOST_NOTES: Final = 2
MOST_COUNTS: Final = 7
_TOGETHER: Final = "\u00a0"

_END: Final = 4
"""Lines that follow the list: what to let through, the steps by hand, the file, the verdict."""


def summary_lines(
    trial: Trial, *, stopping: Sequence[Mend], steps: Sequence[Step], report: str
) -> list[str]:
    """The summary, without the verdict: at most 23 lines of 80 columns with it.

    Args:
        trial: What was tried.
        stopping: What stops it.
        steps: What upstream says must be done by hand.
        report: Name of the file with everything.
    """
    lines = [
        *_some(_move_lines(trial), MOST_MOVES),
        *_some(note_lines(trial), MOST_NOTES),
        *_some(iter(_count_lines(trial)), MOST_COUNTS),
    ]
    if stopping:
        lines.append(f"To mend ({len(stopping)}):")
        lines += _fitting(stopping, HEIGHT - _END - len(lines))
        names = sorted({mend.subject for mend in stopping if mend.acceptable})
        if names:
            accepted = " ".join(f"--accept {name}" for name in names)
            lines.append(f"If it is right as it is: ./kubeflow-aws bump ... {accepted}")
    if steps:
        old, new = trial.before.kubeflow, trial.after.kubeflow
        lines.append(f"Steps by hand, when Kubeflow {old} becomes {new}: {len(steps)}")
    lines.append(f"Everything, object by object: {report}")
    return [_cut(line) for line in lines]


def report_lines(
    trial: Trial, *, mends: Sequence[Mend], stopping: Sequence[Mend], steps: Sequence[Step]
) -> Iterator[str]:
    """Everything.

    Args:
        trial: What was tried.
        mends: What is lost or wrong.
        stopping: Those of them that nobody let through.
        steps: What upstream says must be done by hand.
    """
    yield from _move_lines(trial)
    yield from note_lines(trial)
    for mend in mends:
        yield f"\n{mend.subject}: {mend.what}{'' if mend in stopping else ' (let through)'}"
        yield from (f"  {line}" for each in mend.details for line in each.splitlines())
    yield "\nWhat changes, object by object:"
    yield from change_lines(trial.changes, lambda _: "is in the sources no more")
    if steps:
        yield f"\nBy hand, when Kubeflow {trial.before.kubeflow} becomes {trial.after.kubeflow}:"
        yield from step_lines(steps)


def note_lines(trial: Trial) -> Iterator[str]:
    """What stops nothing, and is worth to know."""
    for name, pinned in trial.pinned.items():
        source = trial.after.sources[name]
        named = {getattr(parse_reference(each.url), "version", "") for each in source.replaces}
        if other := sorted(named - {source.version, ""}):
            yield f"Note: {name} {source.version} was asked for; upstream names {', '.join(other)}"
        for path in pinned.unused:
            yield f"Note: {name} {source.version} has no {path}: take it out of the lock file"
    for copy in trial.superseded:
        if copy.holder in trial.pinned or copy.name in trial.pinned:
            its = copy.copy_version or "copy"
            hint = ": is it still needed?" if copy.is_needless else ""
            yield f"Note: {copy.name} {copy.version} stays in place of {copy.holder}'s {its}{hint}"


def _move_lines(trial: Trial) -> Iterator[str]:
    for name, source in trial.after.sources.items():
        old = trial.before.sources.get(name)
        if (old and old.version != source.version) or name in trial.pinned:
            was = f"{old.version} -> " if old else ""
            why = trial.followed.named.get(name, "")
            named = f", as {why.split('/')[1]} names it" if why else ""
            yield f"{name}: {was}{source.version}{named}"


def _count_lines(trial: Trial) -> list[str]:
    said = []
    for each in trial.changes:
        refused = sum(bool(changed.refused) for changed in each.changed)
        counts = {
            "+": len(each.added),
            "~": len(each.changed) - refused,
            "!": refused,
            "-": len(each.removed),
        }
        marks = [f"{mark}{count}" for mark, count in counts.items() if count]
        # What belongs together stays on one line.
        said.append(_TOGETHER.join([each.component, *marks]))
    text = f"Objects: {', '.join(said) or 'none changes'}"
    lines = textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    return [line.replace(_TOGETHER, " ") for line in lines]


def _cut(line: str) -> str:
    """A line that fits, without its middle if need be: names differ at their ends."""
    half = WIDTH // 2 - 2
    return line if len(line) <= WIDTH else f"{line[:half]} ... {line[-half + 1 :]}"


def _fitting(mends: Sequence[Mend], room: int) -> list[str]:
    lines: list[str] = []
    for index, mend in enumerate(mends):
        mine = [f"  {mend.subject}: {mend.what}", *([f"    {mend.how}"] if mend.how else [])]
        is_last = index == len(mends) - 1
        if len(lines) + len(mine) + (not is_last) > room:
            return [*lines, f"  and {len(mends) - index} more"]
        lines += mine
    return lines


def _some(lines: Iterator[str], most: int) -> list[str]:
    every = list(lines)
    if len(every) <= most:
        return every
    return [*every[: most - 1], f"and {len(every) - most + 1} more"]
