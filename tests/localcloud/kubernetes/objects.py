"""Objects that the tests of a Kubernetes API make, and their paths."""

from __future__ import annotations

from localcloud.kubernetes.nodes import NODE_GROUP, Node
from tests.support.kubernetes import Tree

NODE = Node(
    name="ip-10-0-0-1.us-west-2.compute.internal",
    instance_type="m7i.48xlarge",
    zone="us-west-2a",
    labels={NODE_GROUP: "tests"},
    allocatable={"cpu": "190", "memory": "700Gi", "pods": "700"},
)
"""It has room for everything."""


def config_map(name: str, namespace: str, /, **data: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def deployment(name: str, namespace: str, *, image: str = "one", replicas: int = 1) -> Tree:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": image}]},
            },
        },
    }


def item(kind: str, namespace: str, api_version: str, spec: Tree, name: str = "it") -> Tree:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def configs(namespace: str, name: str = "") -> str:
    """The path of ConfigMaps."""
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}".rstrip("/")


def deployments(namespace: str, name: str = "") -> str:
    """The path of Deployments."""
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}".rstrip("/")


def customs(kind: str, namespace: str, name: str = "", version: str = "v1") -> str:
    """The path of objects that `crd` defines."""
    base = f"/apis/tests.example/{version}/namespaces/{namespace}/{kind.lower()}s"
    return f"{base}/{name}".rstrip("/")


def crd(kind: str, properties: Tree, *, versions: tuple[str, ...] = ("v1",)) -> Tree:
    """A CRD of group ``tests.example`` whose objects have a spec."""
    plural = f"{kind.lower()}s"
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "required": ["size"], "properties": properties},
            "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.tests.example"},
        "spec": {
            "group": "tests.example",
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "shortNames": [f"{kind.lower()[:2]}x"]},
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == versions[0],
                    "schema": {"openAPIV3Schema": schema},
                    "subresources": {"status": {}},
                }
                for version in versions
            ],
        },
    }


def custom(kind: str, name: str, namespace: str, spec: Tree, version: str = "v1") -> Tree:
    return {
        "apiVersion": f"tests.example/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }
