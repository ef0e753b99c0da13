"""The real CDK CLI, pointed at the local cloud."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.clients import ACCOUNT

_TAIL_LINES = 25


class CdkError(Exception):
    """A command of the CDK CLI failed; the text shows the end of what it said."""


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
            done = subprocess.run(
                [str(self.project / "node_modules" / ".bin" / "cdk"), *arguments],
                cwd=self.project,
                env={
                    **os.environ,
                    **aws_environment(self.endpoint, self.region),
                    "CDK_DISABLE_CLI_TELEMETRY": "true",
                    "CI": "true",
                    "NO_COLOR": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
            output.seek(0)
            said = output.read()
        if done.returncode:
            tail = "\n".join(said.rstrip().splitlines()[-_TAIL_LINES:])
            raise CdkError(f"cdk {name} failed; its end ({log} has all of it):\n{tail}")
        return said
