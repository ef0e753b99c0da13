"""What somebody may do in profiles because of the groups that she is in.

A profile that names a group has a role binding for the group, and beside it a policy of the mesh
that lets nobody in (kubeflow_aws/profiles/contributor_groups.py): the template of what each member
gets. For Kubeflow's programs ask what a person may do and never what her groups may; so each
member has a binding and a policy of her own, such as the dashboard makes.

They belong to the group's binding: where a profile does not name the group any more, Kubernetes
deletes them with it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from .kubernetes import POLICIES, ROLE_BINDINGS, ApiError, Kind, Kubernetes, Object

CONTRIBUTORS = "kubeflow-aws/contributors"
GROUP = "kubeflow-aws/group"
MEMBER = "kubeflow-aws/member"
USER_HEADER = "request.headers[kubeflow-userid]"

ROLES = {"kubeflow-view": "view", "kubeflow-edit": "edit"}
"""By the names of Kubernetes' roles; the later ones may more."""

RBAC = "rbac.authorization.k8s.io"

SECONDS = 3.0
"""For all that is added, of the five that Cognito waits."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Membership:
    """What somebody gets in one profile.

    Attributes:
        binding: Role binding of the group.
        policy: Policy of the mesh beside it.
    """

    binding: Object
    policy: Object

    @property
    def role(self) -> str:
        """Edit or view."""
        return ROLES[self.binding["roleRef"]["name"]]


def digest(text: str) -> str:
    """What stands for a text where labels have no room for it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def reconcile(api: Kubernetes, email: str, groups: frozenset[str]) -> None:
    """Give somebody what her groups give, and take the rest of what groups gave her.

    What must go goes first. If it cannot, there is no token; what cannot be added is missing until
    the next one.

    Args:
        api: The cluster.
        email: Who it is.
        groups: The names of her groups, each with who keeps it.

    Raises:
        ApiError: It is not known what she has, or it could not be taken away.
    """
    deadline = monotonic() + SECONDS
    wanted = _wanted(api, groups)
    missing: list[tuple[Kind, Object]] = []
    targets = {
        ROLE_BINDINGS: {where: _binding(email, each) for where, each in wanted.items()},
        POLICIES: {where: _policy(email, each) for where, each in wanted.items()},
    }
    for kind, target in targets.items():
        for item in api.list(kind, f"{MEMBER}={digest(email)}"):
            namespace = item["metadata"]["namespace"]
            if namespace in target and _same(item, target[namespace]):
                del target[namespace]
            else:
                api.delete(kind, item)
        missing += [(kind, item) for item in target.values()]
    for kind, item in missing:
        if monotonic() > deadline:
            logger.warning("the next token adds the rest")
            return
        try:
            api.create(kind, item)
        except ApiError:
            logger.exception("not added")


def _wanted(api: Kubernetes, groups: frozenset[str]) -> Mapping[str, Membership]:
    """The best of what her groups give, by the profile."""
    if not groups:
        return {}
    names = ",".join(sorted(map(digest, groups)))
    selector = f"{CONTRIBUTORS}=group,{GROUP} in ({names})"
    policies = {_place(item): item for item in api.list(POLICIES, selector)}
    found = [
        Membership(binding=item, policy=policies[_place(item)])
        for item in api.list(ROLE_BINDINGS, selector)
        if _place(item) in policies
        and item["roleRef"]["name"] in ROLES
        and _group_of(item) in groups
    ]
    order = list(ROLES.values())
    best = sorted(found, key=lambda each: (order.index(each.role), _place(each.binding)))
    return {each.binding["metadata"]["namespace"]: each for each in best}


def _group_of(item: Object) -> str:
    """The one group that a binding is for, or nothing."""
    names = [each["name"] for each in item.get("subjects") or () if each["kind"] == "Group"]
    return str(names[0]) if len(names) == 1 else ""


def _place(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


def _same(item: Object, target: Object) -> bool:
    """Whether an object that is there gives what it shall."""
    fields = ("roleRef", "subjects", "spec")
    return all(item.get(field) == target.get(field) for field in fields) and (
        item["metadata"].get("ownerReferences") == target["metadata"]["ownerReferences"]
    )


def _metadata(email: str, membership: Membership) -> Object:
    group = membership.binding["metadata"]
    readable = re.sub("[^a-z0-9]+", "-", email)[:20].strip("-")
    return {
        # In the dashboard's way would be one for addresses that differ in punctuation.
        "name": f"member-{readable}-{digest(email)[:16]}-{membership.role}",
        "namespace": group["namespace"],
        "labels": {MEMBER: digest(email)},
        # The dashboard finds contributors by these.
        "annotations": {
            "user": email,
            "role": membership.role,
            GROUP: _group_of(membership.binding),
        },
        "ownerReferences": [
            {
                "apiVersion": f"{RBAC}/v1",
                "kind": "RoleBinding",
                "name": group["name"],
                "uid": group["uid"],
            }
        ],
    }


def _binding(email: str, membership: Membership) -> Object:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": _metadata(email, membership),
        "roleRef": membership.binding["roleRef"],
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": email}],
    }


def _policy(email: str, membership: Membership) -> Object:
    """The group's policy with her address where it says who may."""
    spec = membership.policy["spec"]
    rules = [
        {
            **rule,
            "when": [
                {**each, "values": [email]} if each["key"] == USER_HEADER else each
                for each in rule.get("when") or ()
            ],
        }
        for rule in spec["rules"]
    ]
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": _metadata(email, membership),
        "spec": {**spec, "rules": rules},
    }
