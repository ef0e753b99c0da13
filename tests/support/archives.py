"""Source archives of the tests' own, and servers for them."""

from __future__ import annotations

import functools
import http.server
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TOP = "tool-1234"


def write_archive(
    file: Path,
    files: Mapping[str, str | bytes],
    *,
    top: str = TOP,
    links: Mapping[str, str] | None = None,
    commit: str | None = None,
) -> None:
    """A source archive with one top folder, shaped like GitHub's.

    Args:
        file: Where to write it.
        files: Contents by their path below the top folder.
        top: The top folder.
        links: Targets of symbolic links by their path.
        commit: What `git archive` writes into the comment of the archive.
    """
    headers = {"comment": commit} if commit else {}
    with tarfile.open(file, "w:gz", format=tarfile.PAX_FORMAT, pax_headers=headers) as tar:
        folder = tarfile.TarInfo(top)
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(f"{top}/{name}")
            member.type = tarfile.SYMTYPE
            member.linkname = target
            tar.addfile(member)


def read_files(file: Path) -> dict[str, bytes]:
    """The files of an archive by their path below its top folder."""
    with tarfile.open(file) as tar:
        return {
            member.name.partition("/")[2]: content.read()
            for member in tar
            if member.isfile() and (content := tar.extractfile(member))
        }


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server on this machine that hands out the files of a folder."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
