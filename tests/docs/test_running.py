"""The commands of the pages, run as they are written in a copy of the project.

What follows a `make demo-destroy` in a block waits until every page has had the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from localcloud.state import DEFAULT_FOLDER, State
from tests.docs.workshop import Workshop, open_workshop
from tests.support.markdown import Block, pages_of

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

BEGINS: Final = "make demo"
ENDS: Final = "make demo-destroy"

BLOCKS: Final = [
    block
    for page in pages_of(Path(__file__).resolve().parents[2])
    for block in page.blocks
    if block.language == "sh"
]


def says(line: str, command: str) -> bool:
    """Whether a line is this command, with or without a comment."""
    return line.partition("#")[0].strip() == command


def split(block: Block, command: str) -> tuple[Block, Block]:
    """What stands before the first line with a command, and the rest."""
    lines = block.text.splitlines(keepends=True)
    at = next((n for n, line in enumerate(lines) if says(line, command)), len(lines))
    rest = replace(block, line=block.line + at, text="".join(lines[at:]))
    return replace(block, text="".join(lines[:at])), rest


def first_demo() -> Block:
    """README's first `make demo`: its block, or its line where the block is of another kind."""
    for block in BLOCKS:
        before, rest = split(block, BEGINS)
        if rest.text:
            if block.mark == "demo" and not before.text:
                return split(block, ENDS)[0]
            return replace(rest, text=rest.text.splitlines()[0])
    raise LookupError(f"no page says {BEGINS}")


PLAIN: Final = [block for block in BLOCKS if not block.mark]
SPLIT: Final = [split(block, ENDS) for block in BLOCKS if block.mark == "demo"]
FIRST: Final = first_demo()
DURING: Final = [before for before, _ in SPLIT if before.text and before != FIRST]
AFTER: Final = [rest for _, rest in SPLIT if rest.text]


@pytest.fixture(scope="module")
def workshop(
    project: Path, kubectl: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    with open_workshop(project, tmp_path_factory.mktemp("pages"), kubectl) as opened:
        yield opened


@pytest.fixture(scope="module")
def demo(workshop: Workshop) -> Workshop:
    """README's demo is up, and tools find it."""
    said = workshop.run(FIRST)
    assert "It is up; nothing of it is AWS." in said
    return workshop.with_demo()


@pytest.mark.parametrize("block", PLAIN, ids=lambda block: block.place)
def test_commands_work(block: Block, workshop: Workshop) -> None:
    try:
        workshop.run(block)
    except AssertionError as failure:
        if "is in no mirror and cannot be fetched" in str(failure):
            pytest.skip("upstream sources cannot be had here")
        raise


@pytest.mark.parametrize("block", DURING, ids=lambda block: block.place)
def test_commands_work_on_the_demo(block: Block, demo: Workshop) -> None:
    demo.run(block)


def test_the_demo_goes_as_the_pages_say(demo: Workshop) -> None:
    for block in AFTER:
        demo.run(block)

    assert AFTER
    assert State(demo.folder / DEFAULT_FOLDER).running() is None


def test_a_failing_command_is_told_with_its_line(workshop: Workshop) -> None:
    block = Block(
        page="docs/x.md",
        line=7,
        language="sh",
        mark="",
        text="true\necho hello\nfalse | cat\ntrue\n",
    )

    with pytest.raises(AssertionError, match=r"(?s)docs/x\.md:7 ended with 1:\nhello\n.*x\.md:9: "):
        workshop.run(block)


def test_nothing_that_needs_aws_passes_for_what_does_not(workshop: Workshop) -> None:
    block = Block(page="x.md", line=1, language="sh", mark="", text="aws sts get-caller-identity")

    with pytest.raises(AssertionError, match="Unable to locate credentials"):
        workshop.run(block)
