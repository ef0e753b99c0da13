"""`make bench`: our budgets as ratios, each pair measured side by side in this one run.

A ratio holds on any machine; a number of seconds does not. Every measurement is a process of its
own, so that its peak memory is its own too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kubeflow_aws.assembly.templates import summarize
from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import SourceOptions, fetch_sources
from kubeflow_aws.upstream.tools import find_tools

PROJECT = Path(__file__).resolve().parents[1]
CACHE = PROJECT / "build" / "cache"
ROUNDS = 3
MAX_CHAIN = 8


@dataclass(frozen=True)
class Cost:
    """What a command took.

    Attributes:
        seconds: The least of all rounds.
        megabytes: Peak memory of the biggest process of the last round.
    """

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class DemoCost:
    """What a demo took.

    Attributes:
        seconds: By phase.
        longest_chain: Custom resources of a stack that wait for one another.
        gigabytes: Peak memory of the local cloud.
    """

    seconds: dict[str, float]
    longest_chain: int
    gigabytes: float


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


def main() -> None:
    """Measure every budget and print the table."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    tools = find_tools(kubernetes_versions()["1.35"], CACHE)
    sources = fetch_sources(
        load_lock(PROJECT / "manifests" / "upstream.lock.yaml"),
        SourceOptions(cache=CACHE, mirror=Path(mirror) if mirror else None, helm=tools.helm),
        lambda line: print(line, file=sys.stderr),
    )
    kubectl = tools.kubectl
    table = Table(title="Budgets", header_style="bold")
    for column in ("budget", "ours", "yardstick", "ratio", "at most", "peak MB"):
        table.add_column(column, justify="left" if column == "budget" else "right")

    example = sources.root / "kubeflow-manifests" / "example"
    upstream = measure([str(kubectl), "kustomize", str(example)])
    render = measure([sys.executable, "-m", "benchmarks.cold_render"], fresh=CACHE / "render")
    add(table, "render, cold : kubectl kustomize of upstream's example", render, upstream, 0.7)

    with tempfile.TemporaryDirectory() as folder:
        bare = measure([sys.executable, "-m", "benchmarks.bare_app", f"{folder}/bare"])
        ours = measure([sys.executable, "-m", "benchmarks.our_app", f"{folder}/ours"])
        templates = summarize(Path(folder) / "ours")
    add(table, "synth, warm cache : a bare VPC + EKS app", ours, bare, 1.6)

    first = [one.name for one in templates].index("KubeflowPlatform")
    platform = templates[first:]
    total = sum(one.size_bytes for one in platform) / 1e6
    largest = max(one.size_bytes for one in templates) / 1e6
    customs = sum(one.packs + one.gates for one in platform)
    demo = deploy_to_local_cloud()
    table.add_section()
    count(table, "templates of the Kubeflow stack, MB", total, 2.2)
    count(table, "largest template, MB", largest, 0.8)
    count(table, "custom resources of the Kubeflow stack", customs, 45)
    count(table, "longest chain of applies", demo.longest_chain, MAX_CHAIN)
    table.add_section()
    for name, seconds in demo.seconds.items():
        table.add_row(f"make demo: {name}", f"{seconds:.0f} s", "", "", "", "")
    shown = sum(seconds for name, seconds in demo.seconds.items() if name != "destroy")
    count(table, "make demo, minutes", shown / 60, 5)
    count(table, "make demo: memory of the server, GB", demo.gigabytes, 2)
    Console().print(table)


def deploy_to_local_cloud() -> DemoCost:
    """Run a whole demo on a local cloud of its own, and remove it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        began = time.perf_counter()
        try:
            _demo("deploy", "vanilla", "--state", folder, "--report", str(report))
            shown = time.perf_counter() - began
            told = json.loads(report.read_text(encoding="utf-8"))
            pid = json.loads((Path(folder) / "running.json").read_text(encoding="utf-8"))["pid"]
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            [peak] = re.findall(r"VmHWM:\s+(\d+) kB", status)
            began = time.perf_counter()
        finally:
            _demo("destroy", "--state", folder)
        destroyed = time.perf_counter() - began
    phases: dict[str, float] = told["seconds"]
    return DemoCost(
        seconds={"start": shown - sum(phases.values()), **phases, "destroy": destroyed},
        longest_chain=told["longest_chain"],
        gigabytes=int(peak) / 1e6,
    )


def _demo(*arguments: str) -> None:
    command = [sys.executable, "-m", "kubeflow_aws", "demo", *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"error: {' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")


def add(table: Table, name: str, ours: Cost, yardstick: Cost, most: float) -> None:
    """A row of two costs and their ratio."""
    ratio = ours.seconds / yardstick.seconds
    mark = "" if ratio <= most else " OVER"
    table.add_row(
        name,
        f"{ours.seconds:.1f} s",
        f"{yardstick.seconds:.1f} s",
        f"{ratio:.2f}{mark}",
        f"{most:.2f}",
        f"{ours.megabytes:.0f} : {yardstick.megabytes:.0f}",
    )


def count(table: Table, name: str, found: float, most: float) -> None:
    """A row of one number and its limit."""
    mark = "" if found <= most else " OVER"
    table.add_row(name, f"{found:g}"[:6] + mark, "", "", f"{most:g}", "")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: the budgets are about the real sources: {error}")
