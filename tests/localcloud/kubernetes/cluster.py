"""A Kubernetes API under test, as kubectl and as plain HTTP see it."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.nodes import NODE_GROUP, Node

Tree: TypeAlias = dict[str, Any]

TOKEN = "of-the-tests"  # noqa: S105
PATIENCE = 30.0
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
SELECTOR = f"{NODE_GROUP}=tests"
NODE = Node(
    name="ip-10-0-0-1.us-west-2.compute.internal",
    instance_type="m7i.48xlarge",
    zone="us-west-2a",
    labels={NODE_GROUP: "tests"},
    allocatable={"cpu": "190", "memory": "700Gi", "pods": "700"},
)


def authenticate(token: str) -> str | None:
    return "tester" if token == TOKEN else None


@dataclass(kw_only=True)
class Cluster:
    """One API, and the clients of it."""

    api: KubernetesApi
    kubectl_file: Path
    folder: Path
    is_real: bool
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.kubeconfig = self.folder / "kubeconfig"
        self._context = ssl.create_default_context(cadata=self.api.ca_certificate)
        self.write_kubeconfig(self.kubeconfig, TOKEN)

    def write_kubeconfig(self, file: Path, token: str) -> None:
        authority = base64.b64encode(self.api.ca_certificate.encode()).decode()
        server = {"server": self.api.url, "certificate-authority-data": authority}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        file.write_text(json.dumps(config), encoding="utf-8")

    @contextmanager
    def client(self) -> Iterator[Client]:
        """The client of the stand-ins."""
        client = Client(self.api.url, self.api.ca_certificate, TOKEN)
        yield client
        client.close()

    def command(self, *arguments: str, kubeconfig: Path | None = None) -> list[str]:
        return [str(self.kubectl_file), f"--kubeconfig={kubeconfig or self.kubeconfig}", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.folder)}

    def try_kubectl(
        self, *arguments: str, stdin: str = "", kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, kubeconfig=kubeconfig),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            env=self.environment,
        )

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def refusal(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl says when it fails."""
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode != 0, f"{arguments} should have failed: {done.stdout}"
        return done.stderr

    def apply(self, *items: Tree, manager: str = "one") -> None:
        """Apply server-side, by force."""
        self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={manager}",
            "-f",
            "-",
            stdin=manifest(*items),
        )

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        token: str = TOKEN,
    ) -> tuple[int, Tree]:
        connection = self._connect()
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}

    def done(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json"
    ) -> Tree:
        """The answer to a request that must not fail."""
        code, answer = self.request(method, path, body, content_type=content_type)
        assert code < 300, answer
        return answer

    def get(self, path: str) -> Tree:
        return self.done("GET", path)

    def exists(self, path: str) -> bool:
        code, answer = self.request("GET", path)
        assert code in {200, 404}, answer
        return code == 200

    def watch(self, path: str, count: int, *, during: Callable[[], object]) -> list[Tree]:
        """The first events of a watch while something happens; it has begun when that does."""
        connection = self._connect()
        try:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            connection.request("GET", f"{path}&watch=true&timeoutSeconds=20", None, headers)
            answer = connection.getresponse()
            assert answer.status == 200
            during()
            return [json.loads(line) for line in itertools.islice(answer, count)]
        finally:
            connection.close()

    def eventually(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.1)

    def define(self, definition: Tree) -> None:
        """Apply a CRD, and wait until its first version is served."""
        self.apply(definition)
        name, group = definition["spec"]["names"]["plural"], definition["spec"]["group"]
        path = f"/apis/{group}/{definition['spec']['versions'][0]['name']}/{name}"
        self.eventually(lambda: self.request("GET", path)[0] == 200)

    def namespace(self) -> str:
        """A new namespace."""
        name = f"space-{next(self._numbers)}"
        self.done("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def _connect(self) -> http.client.HTTPSConnection:
        address = self.api.url.removeprefix("https://")
        return http.client.HTTPSConnection(address, context=self._context, timeout=PATIENCE)


def manifest(*items: Mapping[str, Any]) -> str:
    # JSON, for Go and Python do not agree on what is a word in YAML: y, for example.
    return "\n---\n".join(map(json.dumps, items))


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
