"""Names of the objects that give people and groups their rights in a profile."""

from __future__ import annotations

import hashlib
import re
from typing import Final

_READABLE: Final = 20
"""Characters of an address that a name shows; all of it is in the digest."""


def contributor_name(who: str, role: str, *, suffix: str) -> str:
    """A name that no two people share, of at most 63 characters.

    Punctuation tells addresses apart (a.b@example.com, a-b@example.com), but a name keeps little of
    it, and an address may be longer than a name: so a digest of the whole address stands in it.

    The names that the dashboard makes are others. They end with the name of a role
    (kubeflow/dashboard, components/access-management/kfam/bindings.go, getBindingName), these with
    a digest.

    Args:
        who: The address, or the group.
        role: edit or view.
        suffix: Eight hexadecimal digits that tell packs apart.
    """
    readable = re.sub("[^a-z0-9]+", "-", who.lower())[:_READABLE].strip("-")
    return f"user-{readable}-{digest(who)}-{role}-{suffix}"


def digest(text: str) -> str:
    """Sixteen hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
