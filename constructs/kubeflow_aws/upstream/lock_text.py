"""Edits entries of upstream.lock.yaml as text, so that comments and all else stay as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import Source, load_lock

PLATFORM_SOURCE: Final = "kubeflow-manifests"
"""The source whose version is Kubeflow's release."""

_SCALAR: Final = r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s#]+)"""


def write_source(file: Path, name: str, new: Source) -> None:
    """Write an entry over the one that is there, as an edit of its text.

    Args:
        file: The lock file.
        name: The source's name.
        new: The entry; it may have another version, commit, address and digests, and other URLs
            in its references.

    Raises:
        UserError: The entry is written in a way that this does not know.
    """
    old = load_lock(file).sources[name]
    before, block, after = _split(file, name)
    for key in ("version", "commit", "url", "archive", "digest"):
        value = getattr(new, key)
        if value is not None:
            block = _with(block, rf"^(    {key}: ){_SCALAR}", _scalar(value))
    for was, script in zip(old.scripts, new.scripts, strict=True):
        block = block.replace(was.digest, script.digest)
    for reference, other in zip(old.replaces, new.replaces, strict=True):
        url = re.escape(reference.url)
        block = _with(block, rf"^( +(?:- )?url: [\"']?){url}(?=[\"']?(?: |$))", other.url)
    if name == PLATFORM_SOURCE:
        before = _with(before, rf"^(kubeflow: ){_SCALAR}", _scalar(new.version))
    file.write_text(before + block + after, encoding="utf-8")
    if load_lock(file).sources[name] != new:
        raise UserError(
            f"{file}: sources.{name}: cannot be edited as it is written; write one key a line, "
            "indented by four blanks, values as in the other entries"
        )


def _with(text: str, pattern: str, value: str) -> str:
    """The text with what follows the pattern's group replaced, in every line that has it."""
    return re.sub(pattern, lambda found: f"{found[1]}{value}", text, flags=re.MULTILINE)


def _scalar(text: str) -> str:
    """The text as YAML: quoted where it would be read as something else."""
    return text if yaml.safe_load(text) == text else f'"{text}"'


def _split(file: Path, source: str) -> tuple[str, str, str]:
    """What stands before a source, the source, and what stands after it."""
    text = file.read_text(encoding="utf-8")
    found = re.search(rf"^  {re.escape(source)}:\n(?:(?:    .*)?\n|    .*\Z)*", text, re.MULTILINE)
    if found is None:
        raise UserError(
            f"{file}: sources.{source}: is not a block of lines; write it as the others"
        )
    return text[: found.start()], found.group(), text[found.end() :]
