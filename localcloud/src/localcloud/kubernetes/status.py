"""Refusals of a Kubernetes API: Status objects with an HTTP code."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A request that is refused.

    Attributes:
        code: The HTTP status code.
        status: The ``Status`` object that is answered.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        }


def not_found(resource: str, name: str) -> ApiError:
    """An object that does not exist; ``resource`` is ``PLURAL.GROUP``."""
    return ApiError(404, "NotFound", f'{resource} "{name}" not found')


def bad_request(message: str) -> ApiError:
    """A request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def conflict(resource: str, name: str, why: str) -> ApiError:
    """A request against an object that is not what the caller thinks."""
    return ApiError(409, "Conflict", f'Operation cannot be fulfilled on {resource} "{name}": {why}')
