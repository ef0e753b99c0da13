"""Prices of what controllers in the cluster make in AWS: load balancers and disks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubeflow_aws.assembly.templates import MANIFEST_TYPE, objects_in
from kubeflow_aws.capacity.resources import quantity
from kubeflow_aws.cli.cost.charges import Charge, Line, Pricer, Resource, Terms
from kubeflow_aws.deployment.storage import BLOCK_CLASS

GIB: Final = 2**30


def objects_of(manifest: Resource) -> Iterator[dict[str, Any]]:
    """The Kubernetes objects that a resource applies."""
    alone = {"Type": manifest.kind, "Properties": manifest.properties}
    return objects_in({"Resources": {manifest.logical_id: alone}})


def _manifest(manifest: Resource, terms: Terms) -> Iterator[Charge]:
    for item in objects_of(manifest):
        match item["kind"]:
            case "IngressClassParams":
                yield from _load_balancer(item["spec"], terms)
            case "PersistentVolumeClaim":
                yield from _disk(item["spec"], terms)
            case "StatefulSet":
                for claim in item["spec"].get("volumeClaimTemplates") or ():
                    yield from _disk(claim["spec"], terms)


def _load_balancer(params: Mapping[str, Any], terms: Terms) -> Iterator[Charge]:
    """All Ingresses of a class with a group share one load balancer."""
    rates, assume = terms.prices.rates, terms.assume
    yield Line(
        what="Application Load Balancer of the Ingresses",
        quantity=assume.hours,
        price=rates.load_balancer,
    )
    yield Line(
        what="capacity units of the load balancer",
        quantity=assume.hours * assume.load_balancer_units,
        price=rates.load_balancer_capacity,
        assumed=True,
    )
    if params["scheme"] == "internet-facing":
        yield Line(
            what="public IPv4 addresses of the load balancer",
            quantity=len(params["subnets"]["ids"]) * assume.hours,
            price=rates.public_ipv4,
        )


def _disk(claim: Mapping[str, Any], terms: Terms) -> Iterator[Charge]:
    """A claim of the default class; those of EFS and FSx are in a file system that is counted."""
    if claim.get("storageClassName", BLOCK_CLASS) == BLOCK_CLASS:
        yield Line(
            what="disks of the platform's claims (gp3)",
            quantity=float(quantity(claim["resources"]["requests"]["storage"]) / GIB),
            price=terms.prices.rates.ebs_gp3,
        )


OBJECTS: Final[Mapping[str, Pricer]] = {MANIFEST_TYPE: _manifest}
