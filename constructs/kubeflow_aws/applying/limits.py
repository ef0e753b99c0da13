"""How many custom resources are in flight at once: plain numbers, which a doctor reads, too."""

from __future__ import annotations

from typing import Final

AT_ONCE: Final = 4
"""Custom resources in flight. Each holds two Lambda executions, the provider framework's and that
of the handler which it calls; a new account may have ten (quota L-B99A9384), and a call that finds
no room fails its resource in the end. Two are left for what else runs."""

IN_ONE: Final = 2
"""Of these, the most within one nested stack."""
