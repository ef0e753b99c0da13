"""Everybody who holds rights, and each right that he holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    ObjectKey,
    child,
    dicts,
    key_of,
    metadata,
    texts,
)

EVERYWHERE: Final = "everywhere"
"""Where a right holds that a ClusterRoleBinding gives."""

IN_A_PROFILE: Final = "its profile"
"""Where the roles of people hold; the profile controller binds them."""

PEOPLE: Final[Mapping[str, str]] = {
    "owner of a profile": "kubeflow-admin",
    "edit contributor, code in a profile": "kubeflow-edit",
    "view contributor": "kubeflow-view",
}
"""The roles of people and of `default-editor` (profile_controller.go of Dashboard 2.0)."""

Rights = Mapping[str, frozenset[str]]
"""Verbs by resource; a resource is written as kubectl has it, ``deployments.apps``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Somebody with rights.

    Attributes:
        name: A service account as ``namespace/name``, a group, or a role of people.
        place: A namespace, `EVERYWHERE` or `IN_A_PROFILE`.
        rights: What he may do there.
    """

    name: str
    place: str
    rights: Rights


def holders_of(items: Iterable[KubernetesObject]) -> list[Holder]:
    """Everybody whom bindings name, and the roles of people.

    A role that is not among the objects is Kubernetes' own: it stands there as one right.
    """
    objects = list(items)
    roles = {_key_of(item): item for item in objects if item["kind"] in {"ClusterRole", "Role"}}
    found: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for name, role in PEOPLE.items():
        if _key("ClusterRole", "", role) in roles:
            _add(found[name, IN_A_PROFILE], _rules(roles, _key("ClusterRole", "", role)))
    for item in objects:
        if item["kind"] not in {"ClusterRoleBinding", "RoleBinding"}:
            continue
        namespace = _namespace(item)
        bound = _role_of(item, namespace)
        for subject in dicts(item.get("subjects")):
            holder = _name(subject, namespace), namespace or EVERYWHERE
            _add(found[holder], _rules(roles, bound))
    return [
        Holder(
            name=name,
            place=place,
            rights={resource: frozenset(verbs) for resource, verbs in rights.items()},
        )
        for (name, place), rights in found.items()
    ]


def _key(kind: str, namespace: str, name: str) -> ObjectKey:
    return ObjectKey(group="rbac.authorization.k8s.io", kind=kind, namespace=namespace, name=name)


def _key_of(role: KubernetesObject) -> ObjectKey:
    return _key(str(role["kind"]), _namespace(role), key_of(role).name)


def _namespace(item: KubernetesObject) -> str:
    """Where an object is; some charts write a namespace into objects of the cluster."""
    return "" if str(item["kind"]).startswith("Cluster") else key_of(item).namespace


def _role_of(binding: KubernetesObject, namespace: str) -> ObjectKey:
    kind, name = child(binding, "roleRef", "kind"), child(binding, "roleRef", "name")
    return _key(str(kind), namespace if kind == "Role" else "", str(name))


def _name(subject: Mapping[str, JsonValue], namespace: str) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"{subject.get('namespace') or namespace}/{subject['name']}"
    return f"{subject['kind']} {subject['name']}"


def _rules(
    roles: Mapping[ObjectKey, KubernetesObject], key: ObjectKey
) -> Iterator[Mapping[str, JsonValue]]:
    """The rules of a role, and of those that Kubernetes gathers in it."""
    role = roles.get(key)
    if role is None:
        yield {"resources": [f"the role {key.name}"], "verbs": ["everything of"]}
        return
    yield from dicts(role.get("rules"))
    for selector in dicts(child(role, "aggregationRule", "clusterRoleSelectors")):
        wanted = texts(selector.get("matchLabels")).items()
        for other, gathered in roles.items():
            labels = texts(metadata(gathered).get("labels")).items()
            if other != key and other.kind == "ClusterRole" and wanted <= labels:
                yield from _rules(roles, other)


def _add(rights: dict[str, set[str]], rules: Iterable[Mapping[str, JsonValue]]) -> None:
    for rule in rules:
        for resource in _resources(rule):
            rights[resource].update(_list(rule.get("verbs")))


def _resources(rule: Mapping[str, JsonValue]) -> Iterator[str]:
    names = _list(rule.get("resourceNames"))
    only = f" ({', '.join(names)})" if names else ""
    for resource in (*_list(rule.get("resources")), *_list(rule.get("nonResourceURLs"))):
        for group in _list(rule.get("apiGroups")) or [""]:
            yield f"{resource}.{group}{only}" if group else f"{resource}{only}"


def _list(value: JsonValue) -> Sequence[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
