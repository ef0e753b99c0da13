"""Refusals of a Kubernetes API: Status objects with an HTTP code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any


class ApiError(Exception):
    """A request that is refused.

    Attributes:
        code: The HTTP status code.
        status: The ``Status`` object that is answered.
    """

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        *,
        causes: Sequence[Mapping[str, str]] = (),
        details: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": {**details, **({"causes": list(causes)} if causes else {})},
            "code": code,
        }


def not_found(resource: str, name: str) -> ApiError:
    """An object that does not exist; ``resource`` is ``PLURAL.GROUP``."""
    return ApiError(
        404, "NotFound", f'{resource} "{name}" not found', details=_details(resource, name)
    )


def already_exists(resource: str, name: str) -> ApiError:
    """An object that exists and should be created; ``resource`` is ``PLURAL.GROUP``."""
    return ApiError(
        409,
        "AlreadyExists",
        f'{resource} "{name}" already exists',
        details=_details(resource, name),
    )


def invalid(kind: str, group: str, name: str, problems: Sequence[str]) -> ApiError:
    """An object that does not fit its schema; each problem is ``FIELD: MESSAGE``."""
    text = problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]"
    causes = [
        {"reason": "FieldValueInvalid", "field": field, "message": message}
        for field, _, message in (problem.partition(": ") for problem in problems)
    ]
    return ApiError(
        422,
        "Invalid",
        f'{f"{kind}.{group}".rstrip(".")} "{name}" is invalid: {text}',
        causes=causes,
        details={"name": name, "group": group, "kind": kind},
    )


def bad_request(message: str) -> ApiError:
    """A request that cannot be understood."""
    return ApiError(400, "BadRequest", message)


def conflict(resource: str, name: str, why: str) -> ApiError:
    """A request against an object that is not what the caller thinks."""
    return ApiError(
        409,
        "Conflict",
        f'Operation cannot be fulfilled on {resource} "{name}": {why}',
        details=_details(resource, name),
    )


def _details(resource: str, name: str) -> dict[str, str]:
    plural, _, group = resource.partition(".")
    return {"name": name, "group": group, "kind": plural}
