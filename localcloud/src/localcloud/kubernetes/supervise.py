"""Runs a program until it ends or standard input does: it dies with whoever started it.

``python -I supervise.py PROGRAM [ARGUMENT ...]``
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import threading

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the program of the command line; returns its exit code."""
    # Stopping is by the end of standard input alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Should this process be killed, the program must not go on either. Linux knows how to say so;
    # loaded here, for between fork and exec there is little that one may do.
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_us() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    program = subprocess.Popen(  # no other thread is there yet
        sys.argv[1:], stdin=subprocess.DEVNULL, preexec_fn=die_with_us
    )

    def stop_with_input() -> None:
        sys.stdin.read()
        # What it holds is of no use any more, or in etcd, which writes before it answers.
        program.kill()

    threading.Thread(target=stop_with_input, daemon=True).start()
    return program.wait()


if __name__ == "__main__":
    sys.exit(main())
