"""Text of the pages that is made from synthesized apps, between two marks."""

from __future__ import annotations

import re
from pathlib import Path


def is_current(page: Path, name: str, text: str, *, update: bool) -> bool:
    """Whether a page has this text between ``<!-- name -->`` and ``<!-- end of name -->``.

    Args:
        page: The Markdown file.
        name: Of the marks.
        text: What belongs there, whole lines.
        update: Whether to write it there.
    """
    written = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    current = re.sub(f"(?s)({begin}).*?({end})", lambda found: found[1] + text + found[2], written)
    if begin not in written:
        raise LookupError(f"{page} has no {begin}")
    if update:
        page.write_text(current, encoding="utf-8")
    return update or current == written
