"""Whether a command of the pages is one that its program takes; nothing is run for it on AWS."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import typer
from typer._click.exceptions import UsageError  # typer exports no base of its errors
from typer.core import TyperGroup

from kubeflow_aws.cli.main import app
from tests.docs.aws_cli import aws_problems
from tests.support.makefile import Makefile
from tests.support.markdown import NOT_OURS
from tests.support.shell import Command

OTHERS: Final = (
    "cat cd cp crane curl docker echo eval export git grep jq mkdir mv rm sed setup-envtest source "
    "test true xargs"
)
"""Programs of the reader's machine, whose arguments nobody checks here."""

MADE_BY_READERS: Final = frozenset({"deployments/mine.yaml"})
"""Files that the pages have their readers make."""

PLACEHOLDER: Final = re.compile(r"\.\.\.|[A-Z]{2,}|[<>*$]")
"""What stands for something else, such as ``NAMESPACE`` or ``fs-...``."""

_MAKE_OPTIONS: Final = frozenset({"--silent", "-s", "--dry-run", "-n"})
_KUBECONFIG: Final = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nowhere, user: {token: none}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nowhere}}]
"""
_NO_CLUSTER: Final = re.compile(
    "connection refused|was refused|context was not found|no objects passed to apply"
)
"""What kubectl says when nothing is wrong but that there is no cluster, and no input."""


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """What commands are checked against.

    Attributes:
        project: The project's folder.
        makefile: Its Makefile.
        kubectl: A kubectl.
        home: A folder for kubectl's own files.
    """

    project: Path
    makefile: Makefile
    kubectl: Path
    home: Path


Check: TypeAlias = Callable[[Command, Workbench], Iterator[str]]


def problems_of(command: Command, bench: Workbench) -> list[str]:
    """What is wrong with a command, a sentence each."""
    program = Path(command.words[0]).name
    found = list(_missing_paths(command, bench.project))
    if check := CHECKS.get(program):
        found += check(command, bench)
    elif program not in OTHERS.split():
        found.append(f"{program} is no program that the pages may take for granted")
    return [f"{command}: {problem}" for problem in found]


def problems_of_mention(command: Command, bench: Workbench) -> list[str]:
    """The same for a command in a sentence, which may leave arguments out."""
    program = command.words[0]
    found = [*(_aws_mention if program == "aws" else CHECKS[Path(program).name])(command, bench)]
    if program == "kubectl":
        found = [each for each in found if "unknown" in each]
    return [f"{command}: {problem}" for problem in found]


def _missing_paths(command: Command, project: Path) -> Iterator[str]:
    """Files of the project that are not there; what is built may not be there yet."""
    for word in command.words:
        first, slash, _ = word.removeprefix("./").partition("/")
        ours = first and slash and first not in NOT_OURS and (project / first).is_dir()
        given = word in MADE_BY_READERS or PLACEHOLDER.search(word)
        if ours and not given and not (project / word).exists():
            yield f"there is no {word}"


def _make(command: Command, bench: Workbench) -> Iterator[str]:
    targets, given = [], []
    for word in command.words[1:]:
        if word.startswith("-"):
            if word not in _MAKE_OPTIONS:
                yield f"the pages need no option {word} of make"
        elif "=" in word:
            given.append(word.partition("=")[0])
        elif word != "...":
            targets.append(word)
    for target in targets:
        if target not in bench.makefile.targets:
            yield f"the Makefile has no target {target}"
    known = {name for target in targets for name in bench.makefile.variables(target)}
    for variable in given:
        if targets and variable not in known:
            yield f"{' '.join(targets)} reads no variable {variable}"


def _python(command: Command, _: Workbench) -> Iterator[str]:
    if command.words[1:2] == ("-m",):
        name = command.words[2]
        try:
            spec = importlib.util.find_spec(name)
            if spec and spec.submodule_search_locations:
                spec = importlib.util.find_spec(f"{name}.__main__")
        except ModuleNotFoundError:
            spec = None
        if spec is None:
            yield f"there is no module {name} to run"


def _ours(command: Command, _: Workbench) -> Iterator[str]:
    """Read a command of this project as it would itself, and run nothing."""
    at: Any = typer.main.get_command(app)
    words = list(command.words[1:])
    try:
        while True:
            context = at.context_class(at, info_name=at.name, **at.context_settings)
            left = at.make_parser(context).parse_args(words)[1]
            if not left:
                return
            if not isinstance(at, TyperGroup):
                break
            at, words = at.resolve_command(context, left)[1:]
    except UsageError as error:
        yield error.format_message()
        return
    if not context.allow_extra_args:
        yield f"{at.name} takes no {' '.join(left)}"


def _npx(command: Command, bench: Workbench) -> Iterator[str]:
    words = [word for word in command.words[1:] if word not in {"--yes", "--no-install"}]
    if not words or not (bench.project / "node_modules" / ".bin" / words[0]).exists():
        yield f"package.json brings no {words[0] if words else 'program'}"
    elif words[0] == "cdk":
        yield from _cdk(Command(words=tuple(words)), bench)


def _cdk(command: Command, bench: Workbench) -> Iterator[str]:
    registry = _cdk_registry(bench.project / "node_modules")
    if command.words[1:] == ("--version",):
        return
    names = {
        name: each
        for command_name, each in registry["commands"].items()
        for name in (command_name, *each.get("aliases", ()))
    }
    subcommand = command.words[1] if len(command.words) > 1 else ""
    if subcommand not in names:
        yield f"cdk has no command {subcommand}"
        return
    options = {**registry["globalOptions"], **names[subcommand].get("options", {})}
    known = {f"--{name}" for name in options} | {f"--no-{name}" for name in options}
    for option in options.values():
        aliases = option.get("alias", [])
        known |= {f"-{alias}" for alias in ([aliases] if isinstance(aliases, str) else aliases)}
    for word in command.words[2:]:
        if word.startswith("-") and word.partition("=")[0] not in known:
            yield f"cdk {subcommand} has no option {word}"


@functools.cache
def _cdk_registry(node_modules: Path) -> dict[str, Any]:
    """Commands and options as the CDK CLI itself reads them."""
    file = node_modules / "aws-cdk" / "lib" / "cli" / "cli-type-registry.json"
    registry: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return registry


def _kubectl(command: Command, bench: Workbench) -> Iterator[str]:
    """Run it against an address where nothing listens: it checks its arguments first."""
    configuration = bench.home / "kubeconfig"
    configuration.write_text(_KUBECONFIG, encoding="utf-8")
    nowhere = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:1")
    done = subprocess.run(
        [str(bench.kubectl), *command.words[1:]],
        cwd=bench.project,
        env={
            **os.environ,
            **nowhere,
            "NO_PROXY": "127.0.0.1",
            "HOME": str(bench.home),
            "KUBECONFIG": str(configuration),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and not _NO_CLUSTER.search(done.stderr):
        yield f"kubectl says: {' '.join(done.stderr.split())}"


def _aws(command: Command, _: Workbench) -> Iterator[str]:
    yield from aws_problems(command.words, mention=False)


def _aws_mention(command: Command, _: Workbench) -> Iterator[str]:
    yield from aws_problems(command.words, mention=True)


CHECKS: Final[dict[str, Check]] = {
    "aws": _aws,
    "cdk": _cdk,
    "kubectl": _kubectl,
    "kubeflow-aws": _ours,
    "make": _make,
    "npx": _npx,
    "python": _python,
    "python3": _python,
}
