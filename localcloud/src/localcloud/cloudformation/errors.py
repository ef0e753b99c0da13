"""What CloudFormation refuses, and what its resources may fail with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.resources.provider import ResourceError


class CloudFormationError(Exception):
    """A request that the API refuses.

    Attributes:
        code: The API's error code, for example ``ValidationError``.
    """

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code


class TemplateError(CloudFormationError):
    """A template that CloudFormation refuses, or that asks for what is not emulated."""


FAILURES: Final = (ResourceError, CloudFormationError, ClientError, BotoCoreError)
"""What a resource may fail with; anything else is a mistake of the local cloud's own."""


def reason(error: Exception) -> str:
    """Why something failed, as an event says it."""
    return str(error) if isinstance(error, FAILURES) else f"The local cloud failed: {error!r}"


def raise_mistakes(failures: Iterable[Exception]) -> None:
    """Raise the first of some failures that is a mistake of the local cloud's own, if any is."""
    for failure in failures:
        if not isinstance(failure, FAILURES):
            raise failure
