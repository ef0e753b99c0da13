"""Reads the archives of sources: tar files with one top folder, as GitHub and Helm make them."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import CHART_FILE, Source

MAX_UNPACKED_BYTES: Final = 1 << 30
"""The largest source has 40 MB; whoever sends more sends something else."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_END_BYTES: Final = 2 * tarfile.BLOCKSIZE
"""An archive ends with two blocks of zeros (POSIX, "pax: ustar Interchange Format")."""
_MAGIC: Final = b"ustar"
_MAGIC_AT: Final = 257


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """What an archive holds of a source.

    Attributes:
        files: The files in use by their path below the top folder.
        commit: The commit that it was made of, if it says so.
    """

    files: Mapping[str, bytes]
    commit: str | None


class DamagedError(UserError):
    """An archive that is not whole, or none at all."""


class DigestError(UserError):
    """A source whose content is not what the lock file pins."""


def read_archive(file: Path, source: Source, *, said_of: str) -> Archive:
    """Read the files in use.

    Links are passed over: no file that upstream's kustomizations load is one.

    Args:
        file: The archive.
        source: Decides which files are in use.
        said_of: What errors call the archive.

    Raises:
        DamagedError: It is no whole archive.
        UserError: A path in it leads out of it, or none of the files in use is there.
    """
    files: dict[str, bytes] = {}
    commit = None
    content = unpacked(file, said_of=said_of)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as tar:
            for member in tar:
                # `git archive`, which GitHub runs, writes the commit into a comment.
                commit = commit or _commit_in(tar.pax_headers.get("comment", ""), member.name)
                _refuse_escape(member, said_of)
                path = member.name.partition("/")[2]
                data = tar.extractfile(member) if member.isfile() else None
                if data and source.uses(path):
                    files[path] = data.read()
            end = content[tar.offset :]
    except (tarfile.TarError, EOFError) as error:
        raise _damaged(said_of, error) from None
    # tarfile takes a header that is damaged for the end.
    if len(end) < _END_BYTES or end.strip(b"\0"):
        raise _damaged(said_of, "it has no end")
    if not files:
        raise UserError(
            f"{said_of}: has none of the files in use, {', '.join(source.paths)} below its top "
            "folder; get the archive that manifests/upstream.lock.yaml names, or correct its paths"
        )
    return Archive(files=files, commit=commit)


def unpacked(file: Path, *, said_of: str) -> bytes:
    """The tar archive in a file, gzip undone and its checksum compared.

    Raises:
        DamagedError: The file is not whole.
    """
    try:
        with file.open("rb") as packed:
            is_packed = packed.read(2) == b"\x1f\x8b"
        with gzip.open(file) if is_packed else file.open("rb") as stream:
            content = stream.read(MAX_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(said_of, error) from None
    if len(content) > MAX_UNPACKED_BYTES:
        raise _damaged(said_of, f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
    if content[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] != _MAGIC:
        raise _damaged(said_of, f"it is no tar archive, and begins with {content[:20]!r}")
    return content


def _damaged(said_of: str, reason: object) -> DamagedError:
    return DamagedError(f"{said_of}: is no whole archive ({reason}); get it anew")


def _commit_in(comment: str, path: str) -> str | None:
    found = _COMMIT.fullmatch(comment) or _COMMIT.search(path.partition("/")[0])
    return found.group() if found else None


def _refuse_escape(member: tarfile.TarInfo, said_of: str) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise UserError(
            f"{said_of}: the path {member.name} in it leads out of the archive, which no release "
            "has; remove the archive and get it from where the lock file says"
        )


def verify_archive(name: str, source: Source, archive: Archive, origin: str) -> None:
    """Refuse content that is not what the lock file pins.

    Args:
        name: The source's name.
        source: The pinned source.
        archive: What was found.
        origin: Where it was found.

    Raises:
        DigestError: Another commit, another chart, another script or other files.
    """
    verify_identity(name, source, archive, origin)
    _verify_digest(name, source, archive.files, origin)


def verify_identity(name: str, source: Source, archive: Archive, origin: str) -> None:
    """Refuse what says of itself that it is something else than what the lock file names.

    Raises:
        DigestError: Another commit, chart or script.
    """
    if archive.commit and source.commit and archive.commit != source.commit:
        raise _other(
            name, source, origin, pinned=f"commit {source.commit}", found=f"commit {archive.commit}"
        )
    _verify_named_files(name, source, archive.files, origin)


def verify_files(name: str, source: Source, files: Mapping[str, bytes], origin: str) -> None:
    """Refuse files that are not what the lock file pins.

    Raises:
        DigestError: Another chart, another script or other files; the text names both.
    """
    _verify_named_files(name, source, files, origin)
    _verify_digest(name, source, files, origin)


def _verify_named_files(name: str, source: Source, files: Mapping[str, bytes], origin: str) -> None:
    if source.chart:
        wanted = f"chart {source.chart.name} {source.version}"
        there = _chart_in(files)
        if there != wanted:
            raise _other(name, source, origin, pinned=wanted, found=there)
    for script in source.scripts:
        if script.path in files:
            found = _sha256(files[script.path])
            if found not in {script.digest, script.stand_in}:
                raise _other(
                    name,
                    source,
                    origin,
                    pinned=f"{script.path} {script.digest}",
                    found=f"{script.path} {found}",
                )


def _verify_digest(name: str, source: Source, files: Mapping[str, bytes], origin: str) -> None:
    found = source.digest_of(files.items())
    if found != source.digest:
        raise _other(name, source, origin, pinned=source.digest, found=found)


def stand_ins_of(source: Source, files: Mapping[str, bytes]) -> list[str]:
    """The paths at which a program that does nothing stands for the real one."""
    return [
        script.path
        for script in source.scripts
        if script.path in files and _sha256(files[script.path]) == script.stand_in
    ]


def _chart_in(files: Mapping[str, bytes]) -> str:
    try:
        chart = yaml.safe_load(files.get(CHART_FILE, b""))
    except yaml.YAMLError:
        chart = None
    if not isinstance(chart, dict):
        return "no chart"
    return f"chart {chart.get('name')} {chart.get('version')}"


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _other(name: str, source: Source, origin: str, *, pinned: str, found: str) -> DigestError:
    return DigestError(
        f"upstream source {name} {source.version} from {origin} is not the pinned one:\n"
        f"  pinned {pinned}\n  found  {found}\n"
        "Get what manifests/upstream.lock.yaml pins, or pin the new content with "
        "./kubeflow-aws bump."
    )
