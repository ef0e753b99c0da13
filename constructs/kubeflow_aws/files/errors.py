"""The one exception for mistakes that a person can mend."""

from __future__ import annotations


class UserError(Exception):
    """A mistake to report without a traceback: its text says what, where and what to do."""
