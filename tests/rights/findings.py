"""What is wrong with a statement, by the reference: a right that does not exist, or never holds."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Set

from tests.rights.globs import arns_overlap
from tests.rights.reference import GLOBAL_KEYS, action, actions_like
from tests.rights.statements import Statement

ServiceKeys = Mapping[str, Mapping[str, Set[str]]]
"""What each service's principal sends, by the service that it calls."""


def findings_in(statement: Statement, sent: ServiceKeys) -> Iterator[str]:
    """One sentence for each mistake.

    Args:
        statement: To be held against the reference.
        sent: Of each service that is a principal of ours.
    """
    used: set[str] = set()
    for pattern in statement.actions:
        names = actions_like(pattern) if pattern != "*" else []
        if not names and pattern != "*":
            yield f"{statement.where}: there is no action {pattern}"
        for name in names:
            known = action(name)
            about = {each: _unknown(statement, name, each, sent) for each in statement.resources}
            about = {each: keys for each, keys in about.items() if keys is not None}
            works = [each for each, keys in about.items() if not keys]
            used.update(works or about)
            # What a pattern brings along need not be about these resources.
            if not about and "*" not in pattern:
                kinds = ", ".join(each.arn for each in known.resources) or "* alone"
                yield f"{statement.where}: {name} knows {kinds}, not {statement.resources}"
            if about and not works:
                keys = ", ".join(sorted(set().union(*filter(None, about.values()))))
                yield f"{statement.where}: {name} on {sorted(about)} is never sent with {keys}"
    if "*" not in statement.actions:
        for resource in statement.resources:
            if resource not in used:
                yield f"{statement.where}: no right of {statement.actions} is about {resource}"


def widenings_in(statement: Statement) -> Iterator[str]:
    """The actions on ``*`` that could be bound to a resource."""
    if statement.is_of_identity and statement.is_allowing and "*" in statement.resources:
        for pattern in statement.actions:
            yield from (name for name in actions_like(pattern) if action(name).resources)


def _unknown(statement: Statement, name: str, resource: str, sent: ServiceKeys) -> set[str] | None:
    """Keys of the statement that a request for an action on a resource never has.

    None if the action is not about the resource at all.
    """
    known = action(name)
    kinds = [kind for kind in known.resources if arns_overlap(resource, kind.arn)]
    if not kinds and resource != "*":
        return None
    if not statement.is_allowing:
        return set()
    called = name.partition(":")[0]
    from_services = {
        key for each in statement.services for key in sent.get(each, {}).get(called, ())
    }
    keys = (known.keys | GLOBAL_KEYS | from_services).union(*(kind.keys for kind in kinds))
    return {
        key
        for key in statement.keys
        if not any(fnmatch.fnmatchcase(key.lower(), each.lower()) for each in keys)
    }
