"""kubectl, as the person at this machine has set it up."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from kubeflow_aws.cli.verify.errors import VerificationError

_FORWARDING: Final = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kubectl:
    """Runs kubectl.

    Attributes:
        program: Its name or path.
        context: Of the kubeconfig; the current one if there is none.
    """

    program: str = "kubectl"
    context: str | None = None

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """What a command prints.

        Raises:
            VerificationError: If it fails; the text is kubectl's own.
        """
        try:
            done = subprocess.run(  # noqa: S603  # kubectl with arguments of our own
                self._command(*arguments), input=stdin, capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise VerificationError(f"kubectl cannot be run: {error}") from None
        if done.returncode:
            raise VerificationError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def read(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """An object.

        Raises:
            VerificationError: If it is not there.
        """
        where = ["-n", namespace] if namespace else []
        found: dict[str, Any] = json.loads(self.run("get", kind, name, *where, "-o", "json"))
        return found

    @contextmanager
    def forwarded(self, service: str, port: int, namespace: str) -> Iterator[str]:
        """The URL of a service for as long as the block runs.

        Raises:
            VerificationError: If kubectl cannot forward to it.
        """
        command = self._command("port-forward", "-n", namespace, f"service/{service}", f":{port}")
        with subprocess.Popen(  # noqa: S603  # as above
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                match = _FORWARDING.search(process.stdout.readline() if process.stdout else "")
                if match is None:
                    process.kill()
                    said = process.stderr.read().strip() if process.stderr else ""
                    # Above it are kubectl's own tries.
                    said = said.rpartition("\n")[2]
                    raise VerificationError(f"no way to service {namespace}/{service}: {said}")
                yield f"http://127.0.0.1:{match[1]}"
            finally:
                process.terminate()

    def _command(self, *arguments: str) -> list[str]:
        context = [f"--context={self.context}"] if self.context else []
        return [self.program, *context, *arguments]
