"""Plays the AWS Load Balancer Controller, as far as objects of the cluster show it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes.trees import Tree

CONTROLLER: Final = "aws-load-balancer-controller"
"""The Deployment that must be there for anything to happen to an Ingress."""

INGRESSES: Final = "/apis/networking.k8s.io/v1/ingresses"
CLASS_PARAMETERS: Final = "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams"
"""Of a CRD that comes with the controller."""
INGRESS_CLASSES: Final = "/apis/networking.k8s.io/v1/ingressclasses"
_FINALIZER: Final = "ingress.k8s.aws/resources"
# Every Ingress of a group has one of its own, with the group's name.
_GROUP_FINALIZER: Final = "group.ingress.k8s.aws/"
_CLASS_CONTROLLER: Final = "ingress.k8s.aws/alb"
_GROUP: Final = "alb.ingress.kubernetes.io/group.name"


def status(item: Mapping[str, Any], region: str, group: str | None = None) -> Tree:
    """The status of a Service or an Ingress that has a load balancer; a group has one together."""
    metadata = item["metadata"]
    digest = hashlib.sha256((group or metadata["uid"]).encode()).hexdigest()[:10]
    parts = [group[:8]] if group else [metadata["namespace"][:8], metadata["name"][:8]]
    name = "-".join(["k8s", *parts, digest])
    host_name = f"{name}-1234567890.{region}.elb.amazonaws.com"
    return {"loadBalancer": {"ingress": [{"hostname": host_name}]}}


def is_balanced_service(item: Mapping[str, Any]) -> bool:
    """Whether a Service asks for a load balancer."""
    return bool(item["spec"].get("type") == "LoadBalancer")


def alb_classes(classes: list[Tree]) -> frozenset[str]:
    """Those of the IngressClasses that the controller serves; ``alb`` always is."""
    names = (
        entry["metadata"]["name"]
        for entry in classes
        if (entry.get("spec") or {}).get("controller") == _CLASS_CONTROLLER
    )
    return frozenset({"alb", *names})


def class_of(ingress: Mapping[str, Any]) -> str:
    """The IngressClass of an Ingress; empty if it names none."""
    annotations = ingress["metadata"].get("annotations") or {}
    given = ingress["spec"].get("ingressClassName")
    return str(given or annotations.get("kubernetes.io/ingress.class") or "")


def groups_of(classes: list[Tree], parameters: list[Tree]) -> dict[str, str]:
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


def group_of(ingress: Mapping[str, Any], groups: Mapping[str, str]) -> str | None:
    """The group of an Ingress: its class's before its own."""
    annotations = ingress["metadata"].get("annotations") or {}
    return groups.get(class_of(ingress)) or annotations.get(_GROUP)


def finalizers(ingress: Mapping[str, Any], group: str | None = None) -> list[str]:
    """The finalizers that an Ingress should have: none of the controller's once it is deleted."""
    metadata = ingress["metadata"]
    present = list(metadata.get("finalizers") or [])
    if "deletionTimestamp" in metadata:
        return [
            name for name in present if name != _FINALIZER and not name.startswith(_GROUP_FINALIZER)
        ]
    wanted = f"{_GROUP_FINALIZER}{group}" if group else _FINALIZER
    return present if wanted in present else [*present, wanted]
