"""What an operation on a stack is told, and how it says that it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from localcloud.cloudformation.template import Template


class DeploymentError(Exception):
    """A stack did not reach its template; the text says which resources failed.

    Attributes:
        cancelled: Whether the failure was another stack's of the same operation.
    """

    def __init__(self, message: str, *, cancelled: bool = False) -> None:
        super().__init__(message)
        self.cancelled = cancelled


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What a stack shall become.

    Attributes:
        template: The new template.
        given_parameters: As the caller gave them.
        tags: The stack's tags.
        import_existing: Whether to take what has a resource's name already, instead of failing.
    """

    template: Template
    given_parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    import_existing: bool = False


class Operation(Protocol):
    """Brings one stack to a target; everything can be rolled back until `clean_up`."""

    def run(self) -> None:
        """Create and update resources.

        Raises:
            DeploymentError: If the stack did not reach its target.
        """

    def clean_up(self) -> None:
        """Delete what is no more needed."""

    def roll_back(self) -> None:
        """Bring everything back.

        Raises:
            DeploymentError: If something could not be brought back.
        """
