"""Ingresses, what sets their load balancers up, and the names that these get."""

from __future__ import annotations

from tests.localcloud.kubernetes.objects import item
from tests.support.kubernetes import Cluster, Tree

CONTROLLER = "aws-load-balancer-controller"
"""Without its Deployment nothing happens to an Ingress."""

CLASS_PARAMETERS: Tree = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ingressclassparams.elbv2.k8s.aws"},
    "spec": {
        "group": "elbv2.k8s.aws",
        "names": {"kind": "IngressClassParams", "plural": "ingressclassparams"},
        "scope": "Cluster",
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
"""As in the controller's chart, without its schema."""


def ingress(name: str, namespace: str, class_name: str = "alb") -> Tree:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    spec = {"ingressClassName": class_name, "defaultBackend": backend}
    return item("Ingress", namespace, "networking.k8s.io/v1", spec, name)


def ingress_path(namespace: str, name: str) -> str:
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"


def host_name(cluster: Cluster, path: str) -> str:
    found = cluster.get(path).get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(found[0].get("hostname", ""))


def ingress_class(name: str) -> Tree:
    """A class whose settings have its name."""
    parameters = {"apiGroup": "elbv2.k8s.aws", "kind": "IngressClassParams", "name": name}
    spec = {"controller": "ingress.k8s.aws/alb", "parameters": parameters}
    return item("IngressClass", "", "networking.k8s.io/v1", spec, name)


def class_parameters(name: str, spec: Tree) -> Tree:
    """The settings of all Ingresses of a class."""
    return item("IngressClassParams", "", "elbv2.k8s.aws/v1beta1", spec, name)
