"""`make bench`: our budgets as ratios, each pair measured side by side in this one run.

A ratio holds on any machine; a number of seconds does not. Every measurement is a process of its
own, so that its peak memory is its own too.
"""

from __future__ import annotations

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.history import Entry, append_entry, compared, read_history
from kubeflow_aws.assembly.templates import summarize
from kubeflow_aws.catalog.kubernetes_versions import (
    DEFAULT_KUBERNETES_VERSION,
    kubernetes_versions,
)
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import SourceOptions, fetch_sources
from kubeflow_aws.upstream.tools import find_tools

PROJECT = Path(__file__).resolve().parents[1]
CACHE = PROJECT / "build" / "cache"
HISTORY = PROJECT / "benchmarks" / "history.jsonl"
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: The least of all rounds.
        megabytes: Peak memory of the biggest process of the last round.
    """

    seconds: float
    megabytes: float


def measure(command: list[str], *, rounds: int = ROUNDS, fresh: Path | None = None) -> Cost:
    """Run a command several times; `fresh` is a folder to empty before each round."""
    seconds: list[float] = []
    megabytes = 0.0
    for _ in range(rounds):
        if fresh:
            shutil.rmtree(fresh, ignore_errors=True)
        start = time.perf_counter()
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"error: {' '.join(command)} failed; run it by itself to see why")
        seconds.append(time.perf_counter() - start)
        megabytes = usage.ru_maxrss / 1000
    return Cost(seconds=min(seconds), megabytes=megabytes)


class Budgets:
    """The table, and the numbers in it."""

    def __init__(self, last: Entry | None) -> None:
        """Take the entry of the history to compare with."""
        self.found: dict[str, float] = {}
        self.table = Table(title="Budgets", header_style="bold")
        for column in ("budget", "found", "at most", "last", "ours : yardstick"):
            self.table.add_column(column, justify="left" if column == "budget" else "right")
        self._last = last

    def add(self, name: str, found: float, most: float, detail: str = "") -> None:
        """A row of one number and its limit."""
        self.found[name] = round(found, 4)
        mark = "" if found <= most else " OVER"
        last = compared(name, found, self._last)
        self.table.add_row(name, f"{found:.4g}{mark}", f"{most:g}", last, detail)

    def add_ratio(self, name: str, ours: Cost, yardstick: Cost, most: float) -> None:
        """A row of two costs and their ratio."""
        detail = (
            f"{ours.seconds:.1f} : {yardstick.seconds:.1f} s, "
            f"{ours.megabytes:.0f} : {yardstick.megabytes:.0f} MB"
        )
        self.add(name, ours.seconds / yardstick.seconds, most, detail)


def main() -> None:
    """Measure every budget and print the table; `--record` adds it to the history."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--record", action="store_true", help="append to the history")
    parser.add_argument("--tests", action="store_true", help="run the fast tests too")
    parser.add_argument("--demo", action="store_true", help="deploy to the local cloud too")
    parser.add_argument("--ci-minutes", type=float, help="what .ci/run printed last, if known")
    wanted = parser.parse_args()
    if wanted.record and git("status", "--porcelain"):
        raise UserError("the tree has changes, so no commit is what is measured; commit them first")
    history = read_history(HISTORY)
    budgets = Budgets(history[-1] if history else None)
    add_render(budgets)
    add_synth(budgets)
    if wanted.tests:
        tests = measure([sys.executable, "-m", "pytest", "-q"], rounds=1)
        budgets.add("fast tests, minutes", tests.seconds / 60, 4)
    if wanted.ci_minutes is not None:
        budgets.add(".ci/run, minutes", wanted.ci_minutes, 75)
    if wanted.demo:
        demo = measure(["./kubeflow-aws", "demo", "deploy", "vanilla"], rounds=1)
        measure(["./kubeflow-aws", "demo", "destroy"], rounds=1)
        budgets.add("demo, minutes", demo.seconds / 60, 5)
    Console().print(budgets.table)
    if wanted.record:
        append_entry(
            HISTORY,
            Entry(
                date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
                commit=git("rev-parse", "--short", "HEAD"),
                cores=os.cpu_count() or 1,
                budgets=budgets.found,
            ),
        )


def add_render(budgets: Budgets) -> None:
    """A cold render beside what upstream's users run."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    tools = find_tools(kubernetes_versions()[DEFAULT_KUBERNETES_VERSION], CACHE)
    sources = fetch_sources(
        load_lock(PROJECT / "manifests" / "upstream.lock.yaml"),
        SourceOptions(cache=CACHE, mirror=Path(mirror) if mirror else None, helm=tools.helm),
        lambda line: print(line, file=sys.stderr),
    )
    example = sources.root / "kubeflow-manifests" / "example"
    upstream = measure([str(tools.kubectl), "kustomize", str(example)])
    ours = measure([sys.executable, "-m", "benchmarks.cold_render"], fresh=CACHE / "render")
    budgets.add_ratio("cold render : upstream's example", ours, upstream, 0.7)


def add_synth(budgets: Budgets) -> None:
    """A synth from a warm cache beside a bare app, and what is in its templates."""
    with tempfile.TemporaryDirectory() as folder:
        bare = measure([sys.executable, "-m", "benchmarks.bare_app", f"{folder}/bare"])
        ours = measure([sys.executable, "-m", "benchmarks.our_app", f"{folder}/ours"])
        templates = summarize(Path(folder) / "ours")
    budgets.add_ratio("warm synth : a bare VPC + EKS app", ours, bare, 1.6)
    names = [one.name for one in templates if not one.nested]
    first = names.index("KubeflowPlatform")
    after = names[first + 1] if first + 1 < len(names) else None
    # Nested stacks come behind their parent.
    every = [one.name for one in templates]
    end = every.index(after) if after else None
    platform = templates[every.index("KubeflowPlatform") : end]
    budgets.table.add_section()
    total = sum(one.size_bytes for one in platform) / 1e6
    budgets.add("templates of the Platform stack, MB", total, 2.2)
    budgets.add("largest template, MB", max(one.size_bytes for one in templates) / 1e6, 0.8)
    customs = sum(one.packs + one.gates for one in platform)
    budgets.add("custom resources of the Platform stack", customs, 45)


def git(*words: str) -> str:
    """What git answers about this project."""
    command = ["git", *words]
    return subprocess.check_output(command, cwd=PROJECT, text=True).strip()  # noqa: S603


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
