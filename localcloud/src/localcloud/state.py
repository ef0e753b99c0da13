"""The state directory: which local cloud runs, and where."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

DEFAULT_FOLDER: Final = Path("build/localcloud")
_STOP_SECONDS: Final = 20


class StateError(Exception):
    """The state of the local cloud does not allow what was asked for; the text says what does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """A local cloud that runs.

    Attributes:
        pid: The server's process.
        endpoint: URL of the emulated AWS.
        admin_token: Opens every Kubernetes API.
    """

    pid: int
    endpoint: str
    admin_token: str

    @property
    def is_alive(self) -> bool:
        """Whether its process still is one of the local cloud."""
        try:
            command = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return _exists_elsewhere(self.pid)
        return b"localcloud" in command


class State:
    """Reads and writes a state directory.

    Args:
        folder: Created when needed.
    """

    def __init__(self, folder: Path = DEFAULT_FOLDER) -> None:
        self.folder = folder
        self._file = folder / "running.json"
        self._origin = folder / "origin"

    @property
    def log(self) -> Path:
        """What the server has to say."""
        return self.folder / "server.log"

    @property
    def kubeconfig(self) -> Path:
        """For kubectl, once there is a cluster."""
        return self.folder / "kubeconfig"

    @property
    def origin(self) -> str | None:
        """Where what is deployed comes from, as the application calls it."""
        try:
            return self._origin.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def record_origin(self, origin: str) -> None:
        """Keep where what is deployed comes from."""
        self._origin.write_text(origin, encoding="utf-8")

    def running(self) -> Running | None:
        """The local cloud that runs; what a dead one left is removed."""
        try:
            running = Running(**json.loads(self._file.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            self.forget()
            return None
        if running.is_alive:
            return running
        self.forget()
        return None

    def write(self, running: Running) -> None:
        """Record what runs; only the user may read it, for it holds a token."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._file.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(asdict(running)))
        unfinished.replace(self._file)

    def forget(self) -> None:
        """Remove what only makes sense while a local cloud runs; unpacked code is kept."""
        self._file.unlink(missing_ok=True)
        self.kubeconfig.unlink(missing_ok=True)
        self._origin.unlink(missing_ok=True)
        for name in ("clusters", "scratch"):
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def stop(self) -> bool:
        """Stop the local cloud that runs, and wait for its end.

        Returns:
            Whether one ran.

        Raises:
            StateError: If it does not end.
        """
        running = self.running()
        if running is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while running.is_alive:
            if time.monotonic() > deadline:
                raise StateError(
                    f"the local cloud (process {running.pid}) did not stop in {_STOP_SECONDS} s; "
                    f"kill it, and read {self.log}"
                )
            time.sleep(0.1)
        self.forget()
        return True

    @contextmanager
    def exclusively(self, what: str) -> Iterator[None]:
        """Keep others out while something is done with the local cloud.

        Args:
            what: Told to the others, for example ``a demo``.

        Raises:
            StateError: If another process is at it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise StateError(
                    f"{lock.read().strip() or 'another program'} is using {self.folder}; wait for "
                    "its end, or give this one another folder with --state"
                ) from error
            lock.truncate(0)
            lock.write(f"{what} (process {os.getpid()})\n")
            lock.flush()
            yield
            lock.truncate(0)


def _exists_elsewhere(pid: int) -> bool:
    # Without /proc (macOS): a process of that number has to do.
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
