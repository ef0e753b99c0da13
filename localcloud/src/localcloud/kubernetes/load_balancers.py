"""Plays what makes load balancers of AWS, as far as objects of the cluster show it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes.client import Client, ClientError, attempt, path_of
from localcloud.kubernetes.trees import Tree

_CONTROLLER: Final = "aws-load-balancer-controller"
"""The Deployment that must be there for anything to happen to an Ingress."""

_INGRESSES: Final = "/apis/networking.k8s.io/v1/ingresses"
_CLASS_PARAMETERS: Final = "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams"
"""Of a CRD that comes with the controller."""
_INGRESS_CLASSES: Final = "/apis/networking.k8s.io/v1/ingressclasses"
_SERVICES: Final = "/api/v1/services"
_DEPLOYMENTS: Final = "/apis/apps/v1/deployments"
WATCHED: Final = frozenset(
    {_SERVICES, _DEPLOYMENTS, _INGRESSES, _INGRESS_CLASSES, _CLASS_PARAMETERS}
)
"""Whose changes matter here."""

_FINALIZER: Final = "ingress.k8s.aws/resources"
# Every Ingress of a group has one of its own, with the group's name.
_GROUP_FINALIZER: Final = "group.ingress.k8s.aws/"
_CLASS_CONTROLLER: Final = "ingress.k8s.aws/alb"
_GROUP: Final = "alb.ingress.kubernetes.io/group.name"
_SCHEME: Final = "alb.ingress.kubernetes.io/scheme"
_DEFAULT_SCHEME: Final = "internal"
"""Of the controller (its pkg/config/controller_config.go)."""


class LoadBalancers:
    """Services of type LoadBalancer, and Ingresses, get a load balancer's host name.

    Ingresses are held by a finalizer, which goes only while the AWS Load Balancer Controller's
    Deployment is there; without it nothing happens to them.

    Args:
        client: Of the API.
        region: Part of the host names.
    """

    def __init__(self, client: Client, *, region: str) -> None:
        self._client = client
        self._region = region

    def reconcile(self) -> None:
        """Look at all Services and Ingresses.

        Raises:
            ClientError: If the API does not answer.
        """
        for item in self._client.items(_SERVICES):
            if _is_balanced_service(item):
                self._have_status(_SERVICES, item, _status(item, self._region))
        if any(
            item["metadata"]["name"] == _CONTROLLER and "deletionTimestamp" not in item["metadata"]
            for item in self._client.items(_DEPLOYMENTS)
        ):
            self._ingresses()

    def _ingresses(self) -> None:
        listed = self._client.items(_INGRESS_CLASSES)
        classes = _alb_classes(listed)
        parameters = _parameters_of(listed, self._class_parameters())
        for item in self._client.items(_INGRESSES):
            if _class_of(item) not in classes:
                continue
            settings = parameters.get(_class_of(item)) or {}
            group = _group_of(item, settings)
            wanted = _finalizers(item, group)
            if wanted != (item["metadata"].get("finalizers") or []):
                patch = {"metadata": {"finalizers": wanted or None}}
                attempt(self._client.merge, path_of(_INGRESSES, item), patch)
            if "deletionTimestamp" not in item["metadata"]:
                scheme = _scheme_of(item, settings)
                self._have_status(
                    _INGRESSES, item, _ingress_status(item, self._region, group, scheme)
                )

    def _class_parameters(self) -> list[Tree]:
        try:
            return self._client.items(_CLASS_PARAMETERS)
        except ClientError as error:
            if error.code != 404:
                raise
            return []

    def _have_status(self, collection: str, item: Tree, wanted: Tree) -> None:
        balancer = (item.get("status") or {}).get("loadBalancer") or {}
        # A real API adds how the address is to be reached.
        found = [entry.get("hostname") for entry in balancer.get("ingress") or ()]
        if found != [entry["hostname"] for entry in wanted["loadBalancer"]["ingress"]]:
            attempt(self._client.merge, f"{path_of(collection, item)}/status", {"status": wanted})


def _status(item: Mapping[str, Any], region: str) -> Tree:
    """The status of a Service that has a load balancer."""
    metadata = item["metadata"]
    name = _name([_part(metadata["namespace"], 8), _part(metadata["name"], 8)], metadata["uid"])
    return _called(name, region)


def _ingress_status(
    ingress: Mapping[str, Any], region: str, group: str | None, scheme: str
) -> Tree:
    """The status of an Ingress that has a load balancer; a group has one together.

    Its name goes by what it is for and by its scheme (the controller's pkg/ingress/
    model_build_load_balancer.go), and ELB puts a word before that of an internal one (the example
    of its CreateLoadBalancer).
    """
    metadata = ingress["metadata"]
    parts = (
        [_part(group, 17)]
        if group
        else [_part(metadata["namespace"], 8), _part(metadata["name"], 8)]
    )
    name = _name(parts, f"{group or metadata['uid']}{scheme}")
    return _called(f"internal-{name}" if scheme == "internal" else name, region)


def _name(parts: list[str], identity: str) -> str:
    digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
    return "-".join(["k8s", *parts, digest])


def _part(text: str, length: int) -> str:
    return "".join(character for character in text if character.isalnum())[:length]


def _called(name: str, region: str) -> Tree:
    host_name = f"{name}-1234567890.{region}.elb.amazonaws.com"
    return {"loadBalancer": {"ingress": [{"hostname": host_name}]}}


def _is_balanced_service(item: Mapping[str, Any]) -> bool:
    """Whether a Service asks for a load balancer."""
    return bool(item["spec"].get("type") == "LoadBalancer")


def _alb_classes(classes: list[Tree]) -> frozenset[str]:
    """Those of the IngressClasses that the controller serves; ``alb`` always is."""
    names = (
        entry["metadata"]["name"]
        for entry in classes
        if (entry.get("spec") or {}).get("controller") == _CLASS_CONTROLLER
    )
    return frozenset({"alb", *names})


def _class_of(ingress: Mapping[str, Any]) -> str:
    """The IngressClass of an Ingress; empty if it names none."""
    annotations = ingress["metadata"].get("annotations") or {}
    given = ingress["spec"].get("ingressClassName")
    return str(given or annotations.get("kubernetes.io/ingress.class") or "")


def _parameters_of(classes: list[Tree], parameters: list[Tree]) -> dict[str, Tree]:
    """What is set for all Ingresses of a class, by class."""
    named = {entry["metadata"]["name"]: entry.get("spec") or {} for entry in parameters}
    found = {
        entry["metadata"]["name"]: named.get(
            ((entry.get("spec") or {}).get("parameters") or {}).get("name")
        )
        for entry in classes
    }
    return {name: spec for name, spec in found.items() if spec}


def _group_of(ingress: Mapping[str, Any], settings: Tree) -> str | None:
    """The group of an Ingress: its class's before its own."""
    annotations = ingress["metadata"].get("annotations") or {}
    group: str | None = (settings.get("group") or {}).get("name") or annotations.get(_GROUP)
    return group


def _scheme_of(ingress: Mapping[str, Any], settings: Tree) -> str:
    """The scheme of its load balancer: its class's before its own."""
    annotations = ingress["metadata"].get("annotations") or {}
    return str(settings.get("scheme") or annotations.get(_SCHEME) or _DEFAULT_SCHEME)


def _finalizers(ingress: Mapping[str, Any], group: str | None = None) -> list[str]:
    """The finalizers that an Ingress should have: none of the controller's once it is deleted."""
    metadata = ingress["metadata"]
    present = list(metadata.get("finalizers") or [])
    if "deletionTimestamp" in metadata:
        return [
            name for name in present if name != _FINALIZER and not name.startswith(_GROUP_FINALIZER)
        ]
    wanted = f"{_GROUP_FINALIZER}{group}" if group else _FINALIZER
    return present if wanted in present else [*present, wanted]
