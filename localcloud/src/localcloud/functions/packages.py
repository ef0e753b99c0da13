"""Code packages of functions and layers, unpacked once each."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sys
import threading
import zipfile
from pathlib import Path
from typing import Final

_INTERPRETER_OF_LAMBDA: Final = b"#!/var/lang/bin/python"


class Packages:
    """Unpacked zip archives, by their digest.

    Args:
        folder: Where to unpack them; it may be used again by a later run.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def unpacked(self, archive: bytes) -> Path:
        """The folder with an archive's content."""
        target = self._folder / hashlib.sha256(archive).hexdigest()[:24]
        with self._lock:
            if not target.is_dir():
                unfinished = target.with_suffix(f".{os.getpid()}")
                shutil.rmtree(unfinished, ignore_errors=True)
                _unpack(archive, unfinished)
                unfinished.rename(target)
        return target


def _unpack(archive: bytes, target: Path) -> None:
    target.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        for member in package.infolist():
            path = Path(package.extract(member, target))
            mode = member.external_attr >> 16
            if mode and not member.is_dir():
                path.chmod(mode & 0o777 | 0o400)
                if mode & 0o100:
                    _use_local_interpreter(path)


def _use_local_interpreter(script: Path) -> None:
    # Scripts in layers name the interpreter of Lambda's image.
    with script.open("rb") as file:
        first = file.readline(200)
        if not first.startswith(_INTERPRETER_OF_LAMBDA):
            return
        rest = file.read()
    script.write_bytes(b"#!" + sys.executable.encode() + b"\n" + rest)
