"""A copy of the project in which commands of the pages run as their readers would run them."""

from __future__ import annotations

import importlib.metadata
import os
import shlex
import shutil
import signal
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, cast

from localcloud.functions.packages import Packages
from localcloud.state import DEFAULT_FOLDER, State
from tests.support.markdown import NOT_OURS, Block

MIRROR: Final = "KUBEFLOW_UPSTREAM_MIRROR"
_SECONDS: Final = 1200
"""For a block that does not end: nothing of the pages takes half as long."""

_FROM_OUTSIDE: Final = ("AWS_", "MAKE", "MFLAGS")
_NO_ACCOUNT: Final = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""A command that would need AWS, and does not say so, finds no credentials."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """A copy of the project with an environment.

    The copy has a `build` folder of its own, so that what whoever runs the tests has built, and
    a demo of theirs, stay as they are.

    Attributes:
        folder: The copy.
        environment: All variables of the commands.
    """

    folder: Path
    environment: Mapping[str, str]

    def run(self, block: Block) -> str:
        """Run a block with bash, as it is written, and return what it said.

        Raises:
            AssertionError: It fails; the text has page, line and output.
        """
        # Empty lines before it, so that bash counts as the page does.
        script = "\n" * (block.line - 1) + block.text
        prelude = f"trap 'echo {block.page}:$LINENO: failed' ERR; "
        process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", prelude + script],  # noqa: S607
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=_SECONDS)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        assert process.returncode == 0, f"{block.place} ended with {process.returncode}:\n{said}"
        return said

    def with_demo(self) -> Workshop:
        """The same with the variables of `./kubeflow-aws demo env`."""
        command = "./kubeflow-aws demo env"
        said = self.run(Block(page=command, line=1, language="sh", mark="", text=command))
        pairs = (shlex.split(line)[1].partition("=") for line in said.splitlines())
        return replace(self, environment={**self.environment, **{n: v for n, _, v in pairs}})


@contextmanager
def open_workshop(project: Path, folder: Path, kubectl: Path) -> Iterator[Workshop]:
    """Make a copy of the project, and stop at the end whatever local cloud still runs in it.

    Args:
        project: The project.
        folder: An empty folder for the copy and what the pages presuppose beside it.
        kubectl: The kubectl of its commands.
    """
    copy = folder / "project"
    shutil.copytree(
        project,
        copy,
        ignore=lambda inside, names: [
            name
            for name in names
            if name == "__pycache__"
            or (Path(inside) == project and (name in NOT_OURS or name.startswith(".")))
        ],
    )
    (copy / ".venv").symlink_to((project / ".venv").resolve())
    (copy / "node_modules").symlink_to((project / "node_modules").resolve())
    cache = project / "build" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (copy / "build").mkdir()
    (copy / "build" / "cache").symlink_to(cache)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_FROM_OUTSIDE)
    }
    programs = (copy / ".venv" / "bin", kubectl.parent, _aws_cli(folder / "aws"))
    search_path = os.pathsep.join([*map(str, programs), environment["PATH"]])
    environment |= {**_NO_ACCOUNT, "PATH": search_path}
    if MIRROR in environment:
        mirror = Path(environment[MIRROR]).resolve()
        environment[MIRROR] = str(mirror)
        (folder / "my-mirror").symlink_to(mirror)
    else:
        (folder / "my-mirror").mkdir()
    try:
        yield Workshop(folder=copy, environment=environment)
    finally:
        State(copy / DEFAULT_FOLDER).stop()


def _aws_cli(folder: Path) -> Path:
    """The folder of the AWS CLI that CDK's kubectl handler brings."""
    package = importlib.metadata.distribution("aws-cdk.asset-awscli-v1")
    [archive] = Path(str(package.locate_file("aws_cdk/asset_awscli_v1/_jsii"))).glob("*.tgz")
    with tarfile.open(archive) as files:
        layer = cast("IO[bytes]", files.extractfile("package/lib/layer.zip")).read()
    return Packages(folder).unpacked(layer) / "awscli"
