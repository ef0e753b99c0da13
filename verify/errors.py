"""What a verification says when something is not as it should be."""

from __future__ import annotations


class VerificationError(Exception):
    """A step failed; the text says what was expected, what was found and where to look."""
