"""What osv.dev knows of versions of programs (https://google.github.io/osv.dev/api/)."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

OSV: Final = "https://api.osv.dev"
_PATIENCE: Final = 20.0
_PAGES: Final = 20
"""More pages of one answer than any version has advisories for."""


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
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
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
        answer = _json(
            f"{url}/v1/querybatch",
            {"queries": [_question(package, pending[package]) for package in asked]},
        )
        pending = {}
        for package, result in zip(asked, answer["results"], strict=True):
            ids[package] |= {each["id"] for each in result.get("vulns", [])}
            if token := result.get("next_page_token"):
                pending[package] = token
    raise ValueError("its answer does not end")


def _question(package: PackageVersion, page: str) -> dict[str, object]:
    question: dict[str, object] = {
        "package": {"ecosystem": package.ecosystem, "name": package.name},
        "version": package.version,
    }
    return {**question, "page_token": page} if page else question


def _advisory(name: str, url: str) -> Advisory:
    found = _json(f"{url}/v1/vulns/{name}")
    return Advisory(
        names=frozenset({found["id"], *found.get("aliases", [])}), summary=found.get("summary", "")
    )


def _without_doubles(advisories: Sequence[Advisory]) -> list[Advisory]:
    """One hole has an advisory in each database that knows it."""
    kept: list[Advisory] = []
    for each in advisories:
        if not any(each.names & other.names for other in kept):
            kept.append(each)
    return kept


def _json(url: str, body: object = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(  # noqa: S310  # the address is ours, or the caller's own
        url, data=data, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
        return json.load(answer)
