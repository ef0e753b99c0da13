"""Runs a program until it ends or standard input does: it dies with whoever started it.

``python supervise.py PROGRAM [ARGUMENT ...]``
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

_GRACE_SECONDS = 5


def main() -> int:
    """Run the program of the command line; returns its exit code."""
    # Stopping is by the end of standard input alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)

    def stop_with_input() -> None:
        sys.stdin.read()
        program.terminate()
        try:
            program.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()

    threading.Thread(target=stop_with_input, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
