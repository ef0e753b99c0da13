"""Pins other versions of sources, as their archives have them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import stand_ins_of, verify_identity
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import Script, Source, UpstreamLock, load_lock
from kubeflow_aws.upstream.lock_text import write_source
from kubeflow_aws.upstream.source_places import mirrored
from kubeflow_aws.upstream.sources import read_source

_MOVE: Final = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]*)=(?P<version>[A-Za-z0-9][A-Za-z0-9._+-]*)"
    r"(?:@(?P<commit>[0-9a-f]{40}))?"
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A source and the version that it goes to.

    Attributes:
        name: The source's name.
        version: The version: the tag, for what is on GitHub.
        commit: The commit that it must be; the archive says it where nobody else does.
    """

    name: str
    version: str
    commit: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinned:
    """What pinning a version found out.

    Attributes:
        source: The new entry.
        stand_ins: Programs for which the archive has a stand-in, so that their digest, which is
            the old version's, could not be compared.
        unused: Paths of the entry at which the new version has nothing.
    """

    source: Source
    stand_ins: Sequence[str]
    unused: Sequence[str]


def parse_moves(words: Sequence[str], lock: UpstreamLock) -> list[Move]:
    """Read what somebody wants to pin.

    Args:
        words: For example ``karpenter=1.14.1``, a commit behind ``@`` if it is to be checked.
        lock: What is pinned.

    Raises:
        UserError: A word has another form, or names no source, one twice, or what is pinned.
    """
    moves: dict[str, Move] = {}
    for word in words:
        found = _MOVE.fullmatch(word)
        if found is None:
            raise UserError(
                f"{word}: say NAME=VERSION, or NAME=VERSION@COMMIT with 40 hex digits, and a "
                "blank between several"
            )
        move = Move(name=found["name"], version=found["version"], commit=found["commit"])
        source = lock.sources.get(move.name)
        if source is None:
            raise UserError(
                f"{word}: there is no source {move.name}; there are {', '.join(lock.sources)}"
            )
        if move.name in moves:
            raise UserError(f"{word}: {move.name} is there twice; say one version")
        if move.commit and source.commit is None:
            raise UserError(f"{word}: {move.name} is a chart, which has no commit; leave it out")
        if move.version == source.version and move.commit in {None, source.commit}:
            raise UserError(f"{word}: {move.name} is pinned at {move.version}; nothing to do")
        moves[move.name] = move
    if not moves:
        raise UserError("say what to pin, for example kubeflow-manifests=26.09 karpenter=1.15.0")
    return list(moves.values())


def pin(file: Path, move: Move, *, mirror: Path | None, notify: Notify, helm: Path) -> Pinned:
    """Write another version of one source into a lock file, with its commit and digests.

    Everything else in the file stays as it is, comments and references included.

    Args:
        file: The lock file.
        move: The source and its version.
        mirror: Folder with the archives; the network if there is none.
        notify: Takes progress lines.
        helm: A helm, which pulls charts from OCI registries.

    Raises:
        UserError: The archive cannot be had, is of another commit or chart, or does not say its
            commit.
    """
    old = load_lock(file).sources[move.name]
    asked = _asked(old, move)
    found = read_source(move.name, asked, mirror=mirror, notify=notify, helm=helm)
    origin = str(mirrored(asked, mirror) or asked.address)
    commit = move.commit or found.commit
    if old.commit and commit is None:
        raise UserError(
            f"{origin}: does not say which commit it is; say {move.name}={move.version}@COMMIT"
        )
    if old.commit and found.commit not in {None, commit}:
        raise UserError(
            f"{origin}: is commit {found.commit}, not {commit}, which was asked for; correct one"
        )
    stand_ins = stand_ins_of(asked, found.files)
    scripts = _scripts(old, found.files, stand_ins)
    new = old.model_copy(
        update={
            "version": move.version,
            "commit": commit if old.commit else None,
            "url": _url(old, move.version),
            "archive": asked.archive,
            "scripts": scripts,
            "digest": asked.digest_of(found.files.items()),
        }
    )
    verify_identity(move.name, new, found, origin)
    write_source(file, move.name, new)
    unused = [
        path
        for path in [*new.paths, *(script.path for script in scripts)]
        if not any(name == path or name.startswith(f"{path}/") for name in found.files)
    ]
    return Pinned(source=new, stand_ins=stand_ins, unused=unused)


def _asked(old: Source, move: Move) -> Source:
    """The entry with which the new version's archive is looked for: by tag if by no commit."""
    if old.commit is None and old.version not in old.url:
        raise UserError(
            f"sources.{move.name}.url does not name the version {old.version}, so nobody knows "
            "the address of another; correct the entry"
        )
    if old.version not in old.archive:
        raise UserError(
            f"sources.{move.name}.archive does not name the version {old.version}; correct it"
        )
    tag = move.version if _COMMIT.fullmatch(move.version) else f"refs/tags/{move.version}"
    return old.model_copy(
        update={
            "version": move.version,
            "url": _url(old, move.version).replace("{commit}", move.commit or tag),
            "commit": None,
            "archive": old.archive.replace(old.version, move.version),
        }
    )


def _url(old: Source, version: str) -> str:
    return old.url if old.commit else old.url.replace(old.version, version)


def _scripts(
    old: Source, files: Mapping[str, bytes], stand_ins: Sequence[str]
) -> tuple[Script, ...]:
    return tuple(
        script.model_copy(
            update={"digest": f"sha256:{hashlib.sha256(files[script.path]).hexdigest()}"}
        )
        if script.path in files and script.path not in stand_ins
        else script
        for script in old.scripts
    )
