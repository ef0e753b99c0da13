"""What fetching a source tells: its progress, and that there is none to be had."""

from __future__ import annotations

from collections.abc import Callable

from kubeflow_aws.files.errors import UserError

Notify = Callable[[str], None]
"""Takes one line of progress."""


class NotAvailableError(UserError):
    """A source that is neither in the cache, the mirror nor on the network."""
