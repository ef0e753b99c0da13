"""What osv.dev knows of versions of programs (https://google.github.io/osv.dev/api/)."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

OSV: Final = "https://api.osv.dev"
_PATIENCE: Final = 20.0
_PAGES: Final = 20
"""More pages of one answer than any version has advisories for."""


class _Named(BaseModel):
    id: str


class _Result(BaseModel):
    vulns: list[_Named] = []
    next_page_token: str = ""


class _Results(BaseModel):
    """The answer of querybatch."""

    results: list[_Result]


class _Vulnerability(_Named):
    """The answer of vulns."""

    aliases: list[str] = []
    summary: str = ""


Answer = TypeVar("Answer", bound=BaseModel)


class OsvUnreachableError(Exception):
    """osv.dev gave no answer that can be read."""


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class PackageVersion:
    """A version of a program as osv.dev names it."""

    ecosystem: str
    name: str
    version: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Advisory:
    """An advisory of osv.dev.

    Attributes:
        names: Its id and all aliases.
        summary: What it is about; may be empty.
    """

    names: frozenset[str]
    summary: str

    @property
    def title(self) -> str:
        """The CVE if it has one, else the name that sorts first."""
        return min(self.names, key=lambda name: (not name.startswith("CVE-"), name))


def ask_osv(
    packages: Sequence[PackageVersion], *, url: str = OSV
) -> Mapping[PackageVersion, Sequence[Advisory]]:
    """The advisories that affect versions: one question for all, and one for each advisory found.

    Args:
        packages: What to ask for.
        url: Where osv.dev is, or what stands for it.

    Raises:
        OsvUnreachableError: There is no network, or the answer has another form.
    """
    try:
        ids = _query(packages, url)
        advisories = {each: _advisory(each, url) for each in sorted(set().union(*ids.values()))}
    except ValidationError as error:
        raise OsvUnreachableError(_first_of(error)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise OsvUnreachableError(str(reason) or type(error).__name__) from None
    return {
        package: _without_doubles([advisories[each] for each in sorted(found)])
        for package, found in ids.items()
    }


def _query(packages: Sequence[PackageVersion], url: str) -> dict[PackageVersion, set[str]]:
    ids: dict[PackageVersion, set[str]] = {package: set() for package in packages}
    pending = dict.fromkeys(packages, "")
    for _ in range(_PAGES):
        if not pending:
            return ids
        asked = list(pending)
        answer = _answer(
            _Results,
            f"{url}/v1/querybatch",
            {"queries": [_question(package, pending[package]) for package in asked]},
        )
        pending = {}
        for package, result in zip(asked, answer.results, strict=True):
            ids[package] |= {each.id for each in result.vulns}
            if result.next_page_token:
                pending[package] = result.next_page_token
    raise ValueError("its answer does not end")


def _question(package: PackageVersion, page: str) -> dict[str, object]:
    question: dict[str, object] = {
        "package": {"ecosystem": package.ecosystem, "name": package.name},
        "version": package.version,
    }
    return {**question, "page_token": page} if page else question


def _advisory(name: str, url: str) -> Advisory:
    found = _answer(_Vulnerability, f"{url}/v1/vulns/{name}")
    return Advisory(names=frozenset({found.id, *found.aliases}), summary=found.summary)


def _without_doubles(advisories: Sequence[Advisory]) -> list[Advisory]:
    """One hole has an advisory in each database that knows it."""
    kept: list[Advisory] = []
    for each in advisories:
        if not any(each.names & other.names for other in kept):
            kept.append(each)
    return kept


def _first_of(error: ValidationError) -> str:
    """The first thing that is wrong with an answer, on one line."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    return f"its answer has another form: {f'{place}: ' if place else ''}{first['msg']}"


def _answer(form: type[Answer], url: str, body: object = None) -> Answer:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(  # noqa: S310  # the address is ours, or the caller's own
        url, data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        return form.model_validate_json(answer.read())
