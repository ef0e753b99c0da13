"""Shell scripts as lists of simple commands; bash itself does the parsing, and runs nothing."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SUBSTITUTED: Final = "SUBSTITUTED"
"""Stands for what a command substitution would print."""

_HEREDOC: Final = re.compile(r"<<-?\s*(['\"]?)(\w+)\1(.*?)\n.*?\n\s*\2$", re.DOTALL | re.MULTILINE)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=")
_LEADING: Final = "! { time if then elif else while until do"
_NO_COMMANDS: Final = "} fi done esac for case select in"


class ShellSyntaxError(Exception):
    """What bash says of a script that it does not take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A simple command.

    Attributes:
        words: The program and its arguments, unquoted.
        assigned: Variables that are set for it alone.
    """

    words: tuple[str, ...]
    assigned: tuple[str, ...] = ()

    def __str__(self) -> str:
        return shlex.join(self.words)


def commands_of(script: str) -> list[Command]:
    """The simple commands of a script, those in command substitutions included.

    Raises:
        ShellSyntaxError: Bash does not take it.
    """
    _bash("-n", "-c", script)
    # A function that is declared and shown, not called: bash leaves out comments and joins lines.
    shown = _bash("-c", f"script() {{\n{script}\n:\n}}\ndeclare -f script")
    body = "\n".join(shown.splitlines()[2:-1])
    commands = list(_simple(_HEREDOC.sub(r"\3", body)))
    return commands[:-1]  # without the colon, which lets a script of comments be one


def _bash(*arguments: str) -> str:
    done = subprocess.run(
        ["bash", *arguments],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ShellSyntaxError(done.stderr.strip())
    return done.stdout


def _simple(text: str) -> Iterator[Command]:
    text, inner = _without_substitutions(text)
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    for script in inner:
        yield from _simple(script)
    words: list[str] = []
    redirected = False
    for token in [*lexer, "\n"]:
        if redirected:
            redirected = False
        elif not token or token.strip(";&|()<>\n"):
            words.append(token)
        elif "<" in token or ">" in token:
            redirected = True
            if words and words[-1] in {"1", "2"}:
                words.pop()
        else:
            yield from _command(words)
            words = []


def _command(words: list[str]) -> Iterator[Command]:
    words = list(words)
    assigned = []
    while words and (words[0] in _LEADING.split() or _ASSIGNMENT.match(words[0])):
        word = words.pop(0)
        if word not in _LEADING.split():
            assigned.append(word)
    if words and words[0] not in _NO_COMMANDS.split():
        yield Command(words=tuple(words), assigned=tuple(assigned))


def _without_substitutions(text: str) -> tuple[str, list[str]]:
    """The text with a word for each ``$(...)`` outside of single quotes, and what they hold."""
    kept, inner = [], []
    index, quote = 0, ""
    while index < len(text):
        char = text[index]
        if char == "\\" and quote != "'":
            kept.append(text[index : index + 2])
            index += 2
        elif text.startswith("$(", index) and quote != "'":
            end = _closing(text, index + 2)
            inner.append(text[index + 2 : end])
            kept.append(SUBSTITUTED)
            index = end + 1
        else:
            if char in "'\"" and quote in {"", char}:
                quote = "" if quote else char
            kept.append(char)
            index += 1
    return "".join(kept), inner


def _closing(text: str, index: int) -> int:
    """Index of the parenthesis that closes what began before."""
    depth, quote = 1, ""
    for place in range(index, len(text)):
        char = text[place]
        if char in "'\"" and quote in {"", char}:
            quote = "" if quote else char
        elif not quote:
            depth += (char == "(") - (char == ")")
        if not depth:
            return place
    raise ShellSyntaxError(f"no end of the command substitution in {text!r}")
