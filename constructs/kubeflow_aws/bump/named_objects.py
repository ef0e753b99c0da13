"""Which other objects an object names, as far as Kubernetes and cert-manager resolve the name."""

from __future__ import annotations

from collections.abc import Iterator

from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    ObjectKey,
    key_of,
    pod_spec,
)

_RBAC = "rbac.authorization.k8s.io"
_CERTIFICATES = "cert-manager.io"


def named_by(item: KubernetesObject) -> Iterator[ObjectKey]:
    """What an object cannot do without.

    Its namespace, the ServiceAccount of its pods, the role and the ServiceAccounts of a binding,
    the issuer of a certificate, and the Service of a webhook. Names inside of texts and of
    programs' own configuration are not among them; the definition of its kind is not either,
    whose name the object does not have.
    """
    key = key_of(item)
    if key.namespace:
        yield ObjectKey(group="", kind="Namespace", namespace="", name=key.namespace)
    account = (pod_spec(item) or {}).get("serviceAccountName")
    if isinstance(account, str):
        yield _account(key.namespace, account)
    if key.group == _RBAC:
        yield from _of_binding(item, key)
    if key.group == _CERTIFICATES:
        issuer = _child(item, "spec", "issuerRef")
        kind = str(issuer.get("kind") or "Issuer")
        if issuer.get("name"):
            yield _beside(key, _CERTIFICATES, kind, str(issuer["name"]), namespaced="Issuer")
    webhooks = item.get("webhooks")
    for webhook in webhooks if isinstance(webhooks, list) else []:
        yield from _service(_child(webhook, "clientConfig", "service"))
    yield from _service(_child(item, "spec", "conversion", "webhook", "clientConfig", "service"))


def admitted_by(definition: KubernetesObject) -> tuple[str, str]:
    """Group and kind of the objects that a CustomResourceDefinition admits."""
    spec = _child(definition, "spec")
    return str(spec.get("group", "")), str(_child(spec, "names").get("kind", ""))


def _of_binding(item: KubernetesObject, key: ObjectKey) -> Iterator[ObjectKey]:
    role = _child(item, "roleRef")
    if role.get("name"):
        kind = str(role.get("kind", ""))
        yield _beside(key, _RBAC, kind, str(role["name"]), namespaced="Role")
    subjects = item.get("subjects")
    for subject in subjects if isinstance(subjects, list) else []:
        if isinstance(subject, dict) and subject.get("kind") == "ServiceAccount":
            yield _account(str(subject.get("namespace") or ""), str(subject.get("name")))


def _beside(key: ObjectKey, group: str, kind: str, name: str, *, namespaced: str) -> ObjectKey:
    """What an object names by kind and name: in its own namespace, if it is of the kind there."""
    namespace = key.namespace if kind == namespaced else ""
    return ObjectKey(group=group, kind=kind, namespace=namespace, name=name)


def _account(namespace: str, name: str) -> ObjectKey:
    return ObjectKey(group="", kind="ServiceAccount", namespace=namespace, name=name)


def _service(service: dict[str, JsonValue]) -> Iterator[ObjectKey]:
    if service.get("name"):
        yield ObjectKey(
            group="",
            kind="Service",
            namespace=str(service.get("namespace") or ""),
            name=str(service["name"]),
        )


def _child(node: JsonValue, *path: str) -> dict[str, JsonValue]:
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}
