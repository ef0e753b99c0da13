"""The real CDK CLI, pointed at the local cloud."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from localcloud.clients import ACCOUNT

_END_SECONDS: Final = 10
_REASONS: Final = (
    # aws-cdk, toolkit-lib: one line for each stack or environment that failed.
    re.compile(r"❌\s+(.+? failed\b[^:]*: .+?)(?: \{)?"),
    re.compile(r"error: (.+)"),
    re.compile(r"(?:\[?[A-Za-z]*Error\]?): (.+)"),
)


# What follows, up to an empty line, is the failed resource and why, broken into lines.
_FAILED_STACK: Final = re.compile(r"❌\s+(\S+) failed to deploy\n(.+?)(?:\n\s*\n|\Z)", re.DOTALL)
# All that it says there of a stack whose roll-back ended before the CLI asked again; what it knows
# of resources is in a list above.
_UNEXPLAINED: Final = re.compile(r"DeploymentError: The stack named \S+ failed to deploy: [A-Z_]+")
_FAILED_RESOURCE: Final = re.compile(
    r"^(\S+) \| [^|]+ \| \w+_FAILED +\| \S+ \| (.+)$", re.MULTILINE
)
_APPLIED: Final = re.compile(r"b'.*serverside-applied\\n")


class CdkError(Exception):
    """A command of the CDK CLI failed; the text says why, in one sentence."""


def aws_environment(endpoint: str, region: str) -> dict[str, str]:
    """The variables with which any AWS tool talks to a local cloud, and to nothing else."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "localcloud",
        "AWS_SECRET_ACCESS_KEY": "localcloud",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # Neither a profile nor an instance's role may get in between.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Cdk:
    """Runs commands of the CDK CLI.

    Attributes:
        project: The folder with cdk.json.
        endpoint: URL of the emulated AWS.
        region: The default region.
        logs: Folder for what the commands say, a file each.
    """

    project: Path
    endpoint: str
    region: str
    logs: Path

    def synthesize(self, assembly: Path, context: Mapping[str, str]) -> str:
        """``cdk synth`` into a folder; returns what the application said.

        Raises:
            CdkError: If it fails.
        """
        pairs = [word for item in context.items() for word in ("--context", "=".join(item))]
        return self.run("synth", ["synth", "--quiet", "--output", str(assembly), *pairs])

    def bootstrap(self, regions: Sequence[str]) -> None:
        """``cdk bootstrap`` in each region.

        Raises:
            CdkError: If it fails.
        """
        targets = [f"aws://{ACCOUNT}/{region}" for region in regions]
        self.run("bootstrap", ["bootstrap", "--app", "", *targets])

    def deploy(self, assembly: Path) -> None:
        """``cdk deploy --all`` of an assembly.

        Raises:
            CdkError: If it fails.
        """
        options = ["--all", "--concurrency", "4", "--require-approval", "never"]
        self.run("deploy", ["deploy", "--app", str(assembly), *options, "--progress", "events"])

    def destroy(self, assembly: Path) -> None:
        """``cdk destroy --all`` of an assembly.

        Raises:
            CdkError: If it fails.
        """
        options = ["--all", "--force", "--concurrency", "4"]
        self.run("destroy", ["destroy", "--app", str(assembly), *options])

    def run(self, name: str, arguments: Sequence[str]) -> str:
        """Any command; returns what it said.

        Raises:
            CdkError: If it fails.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"cdk-{name}.log"
        with log.open("w+", encoding="utf-8") as output:
            code = _run_to_its_end(
                [str(self.project / "node_modules" / ".bin" / "cdk"), *arguments],
                cwd=self.project,
                environment={
                    **os.environ,
                    **aws_environment(self.endpoint, self.region),
                    "CDK_DISABLE_CLI_TELEMETRY": "true",
                    "CI": "true",
                    "NO_COLOR": "1",
                },
                output=output,
            )
            output.seek(0)
            said = output.read()
        if code:
            raise CdkError(f"cdk {name} failed: {reason_of(said)} ({log} has all that it said)")
        return said


def _run_to_its_end(
    command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], output: IO[str]
) -> int:
    """Run a command in a group of its own: when this one is interrupted, all of it ends."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait()
    except BaseException:
        _end_group(process)
        raise


def _end_group(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_SECONDS)


def reason_of(said: str) -> str:
    """Why a command failed, out of all that it said.

    The CLI says which stack failed and why, then its own call stack; an application that ends by
    itself says `error:`; of anything else the last line is taken that is no call stack.

    Args:
        said: The command's output.
    """
    stacks = [
        f"{name} failed to deploy: {_explained(name, _joined(why), said)}"
        for name, why in _FAILED_STACK.findall(said)
    ]
    if stacks:
        return "; ".join(stacks)
    lines = [line.strip() for line in said.splitlines()]
    lines = [line for line in lines if line and not line.startswith(("at ", "Node.js v"))]
    for pattern in _REASONS:
        found = [match[1] for line in lines if (match := pattern.fullmatch(line))]
        if found:
            return "; ".join(dict.fromkeys(found)).rstrip(".")
    return lines[-1] if lines else "it said nothing"


def _explained(stack: str, reason: str, said: str) -> str:
    """A reason with the stack's resources that failed, where it names none."""
    if not _UNEXPLAINED.fullmatch(reason):
        return reason
    known = [text.rstrip(".") for owner, text in _FAILED_RESOURCE.findall(said) if owner == stack]
    return ": ".join([reason, *dict.fromkeys(known)])


def _joined(text: str) -> str:
    """One line, without the objects that kubectl could apply."""
    line = " ".join(text.removeprefix("‣ ").split())
    return _APPLIED.sub("", line).removesuffix("\\n'").rstrip(".")
