"""Markdown pages: their fenced blocks, inline code, links and headings, with line numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

NOT_OURS: Final = frozenset({"build", "cdk.out", "node_modules"})
"""What is installed and what is built; hidden folders such as .venv are left out too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block.

    Attributes:
        page: Path of its page from the project's root.
        line: Of its first line of content.
        language: First word of the info string, by which GitHub renders it; empty without one.
        mark: What the info string says beyond that, for the tests alone.
        text: The content.
    """

    page: str
    line: int
    language: str
    mark: str
    text: str

    @property
    def place(self) -> str:
        """Page and line, as editors open them."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inline:
    """Inline code, or the target of a link.

    Attributes:
        page: Path of its page from the project's root.
        line: Where it stands; in a paragraph, within a line or two.
        text: The code or the target.
    """

    page: str
    line: int
    text: str

    @property
    def place(self) -> str:
        """Page and line, as editors open them."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """A Markdown page.

    Attributes:
        path: From the project's root.
        text: All of it.
    """

    path: str
    text: str

    @cached_property
    def _tokens(self) -> list[Token]:
        return MarkdownIt("commonmark").enable("table").parse(self.text)

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks."""
        found = []
        for token in self._tokens:
            if token.type == "fence":
                language, _, mark = token.info.strip().partition(" ")
                block = Block(
                    page=self.path,
                    line=_line(token) + 1,
                    language=language,
                    mark=mark.strip(),
                    text=token.content,
                )
                found.append(block)
        return found

    @property
    def indented_blocks(self) -> list[int]:
        """Lines of code blocks without fences, which cannot say what they are."""
        return [_line(token) for token in self._tokens if token.type == "code_block"]

    @property
    def codes(self) -> list[Inline]:
        """The inline code."""
        return [
            Inline(page=self.path, line=line, text=token.content)
            for line, token in self._inline()
            if token.type == "code_inline"
        ]

    @property
    def links(self) -> list[Inline]:
        """The targets of links and images."""
        found = []
        for line, token in self._inline():
            target = token.attrGet("href") or token.attrGet("src")
            if target:
                found.append(Inline(page=self.path, line=line, text=str(target)))
        return found

    @property
    def anchors(self) -> list[str]:
        """What links may name after ``#``: the headings, as GitHub makes anchors of them."""
        found: list[str] = []
        for before, token in zip(self._tokens, self._tokens[1:], strict=False):
            if before.type == "heading_open":
                words = "".join(part.content for part in token.children or ())
                anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
                same = sum(bool(re.fullmatch(rf"{re.escape(anchor)}(-\d+)?", a)) for a in found)
                found.append(f"{anchor}-{same}" if same else anchor)
        return found

    def _inline(self) -> Iterator[tuple[int, Token]]:
        for token in self._tokens:
            if token.type == "inline":
                line = _line(token)
                for part in token.children or ():
                    line += part.type in {"softbreak", "hardbreak"}
                    yield line, part


def pages_of(project: Path) -> list[Page]:
    """Every Markdown page of the project: README.md first, the others by path."""
    paths = []
    for file in project.rglob("*.md"):
        path = file.relative_to(project)
        if not any(part in NOT_OURS or part.startswith(".") for part in path.parts):
            paths.append(path.as_posix())
    return [
        Page(path=path, text=(project / path).read_text(encoding="utf-8"))
        for path in sorted(paths, key=lambda path: (path != "README.md", path))
    ]


def _line(token: Token) -> int:
    """Its first line, counted from one."""
    return token.map[0] + 1 if token.map else 0
