"""What objects of a cluster name: the objects that must exist for them to work."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tests.platform.cluster import Object

_PRINCIPAL = re.compile(r"cluster\.local/ns/(?P<namespace>[^/*]+)/sa/(?P<name>[^/*]+)")


class Reference(NamedTuple):
    """An object that another names."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return (
            f"{self.kind} {self.namespace}/{self.name}"
            if self.namespace
            else f"{self[0]} {self[2]}"
        )


def of_pod(pod: Object) -> Iterator[Reference]:
    """What a pod cannot start without."""
    namespace, spec = pod["metadata"]["namespace"], pod["spec"]
    yield Reference("ServiceAccount", namespace, spec.get("serviceAccountName", "default"))
    if "priorityClassName" in spec:
        yield Reference("PriorityClass", "", spec["priorityClassName"])
    for secret in spec.get("imagePullSecrets") or ():
        yield Reference("Secret", namespace, secret["name"])
    for volume in spec.get("volumes") or ():
        yield from _of_volume(namespace, volume)
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _of_volume(namespace, source)
    for container in (*spec["containers"], *(spec.get("initContainers") or ())):
        yield from _of_container(namespace, container)


def _of_volume(namespace: str, volume: dict[str, Any]) -> Iterator[Reference]:
    config, secret = volume.get("configMap"), volume.get("secret")
    if config and not config.get("optional"):
        yield Reference("ConfigMap", namespace, config["name"])
    if secret and not secret.get("optional"):
        yield Reference("Secret", namespace, secret.get("secretName") or secret["name"])
    if claim := volume.get("persistentVolumeClaim"):
        yield Reference("PersistentVolumeClaim", namespace, claim["claimName"])
    if provider := (volume.get("csi") or {}).get("volumeAttributes", {}).get("secretProviderClass"):
        yield Reference("SecretProviderClass", namespace, provider)


def _of_container(namespace: str, container: dict[str, Any]) -> Iterator[Reference]:
    sources = [
        *(container.get("envFrom") or ()),
        *(each.get("valueFrom") or {} for each in container.get("env") or ()),
    ]
    for source in sources:
        for field, kind in (
            ("configMapRef", "ConfigMap"),
            ("configMapKeyRef", "ConfigMap"),
            ("secretRef", "Secret"),
            ("secretKeyRef", "Secret"),
        ):
            named = source.get(field)
            if named and not named.get("optional"):
                yield Reference(kind, namespace, named["name"])


def of_webhooks(configurations: Iterable[Object]) -> Iterator[Reference]:
    """The Services that admission calls."""
    for configuration in configurations:
        for webhook in configuration.get("webhooks") or ():
            if service := webhook["clientConfig"].get("service"):
                yield Reference("Service", service["namespace"], service["name"])


def of_definitions(definitions: Iterable[Object]) -> Iterator[Reference]:
    """The Services that convert custom resources."""
    for definition in definitions:
        conversion = definition["spec"].get("conversion") or {}
        service = (conversion.get("webhook") or {}).get("clientConfig", {}).get("service")
        if service:
            yield Reference("Service", service["namespace"], service["name"])


def of_bindings(bindings: Iterable[Object]) -> Iterator[Reference]:
    """The roles of bindings, and the service accounts that have them."""
    for binding in bindings:
        namespace = binding["metadata"].get("namespace", "")
        role = binding["roleRef"]
        yield Reference(role["kind"], namespace if role["kind"] == "Role" else "", role["name"])
        for subject in binding.get("subjects") or ():
            if subject["kind"] == "ServiceAccount":
                yield Reference(
                    "ServiceAccount", subject.get("namespace", namespace), subject["name"]
                )


def of_policies(policies: Iterable[Object]) -> Iterator[Reference]:
    """The service accounts that AuthorizationPolicies let in."""
    for policy in policies:
        for rule in (policy.get("spec") or {}).get("rules") or ():
            for source in rule.get("from") or ():
                for principal in source["source"].get("principals") or ():
                    if found := _PRINCIPAL.fullmatch(principal):
                        yield Reference("ServiceAccount", found["namespace"], found["name"])


def of_ingresses(ingresses: Iterable[Object]) -> Iterator[Reference]:
    """Their class, and the Services behind them."""
    for ingress in ingresses:
        spec, namespace = ingress["spec"], ingress["metadata"]["namespace"]
        yield Reference("IngressClass", "", spec["ingressClassName"])
        for rule in spec.get("rules") or ():
            for path in rule["http"]["paths"]:
                service = path["backend"]["service"]["name"]
                # An action of the load balancer itself has no Service (its `use-annotation` port).
                if path["backend"]["service"]["port"].get("name") != "use-annotation":
                    yield Reference("Service", namespace, service)
