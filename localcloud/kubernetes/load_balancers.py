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
        groups = _groups_of(listed, self._class_parameters())
        for item in self._client.items(_INGRESSES):
            if _class_of(item) not in classes:
                continue
            group = _group_of(item, groups)
            wanted = _finalizers(item, group)
            if wanted != (item["metadata"].get("finalizers") or []):
                patch = {"metadata": {"finalizers": wanted or None}}
                attempt(self._client.merge, path_of(_INGRESSES, item), patch)
            if "deletionTimestamp" not in item["metadata"]:
                self._have_status(_INGRESSES, item, _status(item, self._region, group))

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


def _status(item: Mapping[str, Any], region: str, group: str | None = None) -> Tree:
    """The status of a Service or an Ingress that has a load balancer; a group has one together."""
    metadata = item["metadata"]
    digest = hashlib.sha256((group or metadata["uid"]).encode()).hexdigest()[:10]
    parts = [group[:8]] if group else [metadata["namespace"][:8], metadata["name"][:8]]
    name = "-".join(["k8s", *parts, digest])
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


def _groups_of(classes: list[Tree], parameters: list[Tree]) -> dict[str, str]:
    """The group that all Ingresses of a class belong to, by class."""
    named = {
        entry["metadata"]["name"]: (entry.get("spec") or {}).get("group", {}).get("name")
        for entry in parameters
    }
    found = {
        entry["metadata"]["name"]: named.get(
            ((entry.get("spec") or {}).get("parameters") or {}).get("name")
        )
        for entry in classes
    }
    return {name: group for name, group in found.items() if group}


def _group_of(ingress: Mapping[str, Any], groups: Mapping[str, str]) -> str | None:
    """The group of an Ingress: its class's before its own."""
    annotations = ingress["metadata"].get("annotations") or {}
    return groups.get(_class_of(ingress)) or annotations.get(_GROUP)


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
