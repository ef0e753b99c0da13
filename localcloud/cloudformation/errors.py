"""What CloudFormation refuses, with the codes and sentences of its API."""

from __future__ import annotations


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
