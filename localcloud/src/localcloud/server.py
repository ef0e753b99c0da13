"""The local cloud as a process of its own: started, waited for and stopped by the command line."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from localcloud.state import Running, State, StateError

_START_SECONDS: Final = 60


def serve(state: State, *, node_modules: Path, port: int, control_plane: Path | None) -> None:
    """Run a local cloud in this process until SIGTERM or SIGINT.

    Raises:
        StateError: If one runs already, or the port is not free.
    """
    # Imported here: it takes seconds, which `--help` and a refusal need not.
    from localcloud.cloud import LocalCloud, LocalCloudProps
    from localcloud.moto_service import PortInUseError

    if state.running():
        raise StateError("a local cloud runs already")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        cloud = LocalCloud(
            LocalCloudProps(
                folder=state.folder.resolve(),
                node_modules=node_modules,
                port=port,
                control_plane=control_plane,
            )
        )
    except PortInUseError as error:
        raise StateError(
            f"{error}; stop the program that has it, or give this one another with --port"
        ) from error
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    cloud.start()
    state.write(
        Running(pid=os.getpid(), endpoint=cloud.endpoint, admin_token=cloud.clusters.admin_token)
    )
    stopping.wait()
    cloud.stop()
    state.forget()


def start(state: State, *, app: Path, port: int) -> Running:
    """Start a local cloud in the background, and wait until it answers.

    Args:
        state: Where it says that it runs.
        app: The folder of the application, whose node_modules it takes.
        port: Of the emulated AWS; 0 for any free one.

    Raises:
        StateError: If it does not come up; the text holds the end of its log.
    """
    state.folder.mkdir(parents=True, exist_ok=True)
    options = ["--state", str(state.folder), "--app", str(app), "--port", str(port)]
    pid = _spawn([sys.executable, "-m", "localcloud", "serve", *options], log=state.log)
    deadline = time.monotonic() + _START_SECONDS
    try:
        while time.monotonic() < deadline:
            if os.waitpid(pid, os.WNOHANG)[0]:
                said = state.log.read_text(encoding="utf-8", errors="replace").strip()
                raise StateError(said.splitlines()[-1].removeprefix("error: ") if said else "")
            running = state.running()
            if running is not None:
                return running
            time.sleep(0.1)
    except KeyboardInterrupt:
        _end(pid)
        raise
    _end(pid)
    raise StateError(f"the local cloud did not come up in {_START_SECONDS} s; read {state.log}")


def _spawn(command: list[str], *, log: Path) -> int:
    # No Popen: the process is to outlive this one. Its own session, because Ctrl-C in the
    # terminal is for the demo, which then stops the server.
    path = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH"))
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        command[0],
        command,
        # It finds the package where this process did.
        {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
