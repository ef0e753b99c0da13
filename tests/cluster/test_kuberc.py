"""The kuberc of the layer turns a plain apply into a forced server-side apply."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion, kubernetes_versions
from kubeflow_aws.cluster.kubectl import KUBERC_LAYER
from kubeflow_aws.upstream.tools import find_tools

DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {
                "name": "configmaps",
                "singularName": "configmap",
                "namespaced": True,
                "kind": "ConfigMap",
                "verbs": ["get", "patch", "create"],
            }
        ],
    },
    "/openapi/v3": {"paths": {}},
}
REQUEST = tuple[str, str, str]


class Api(http.server.ThreadingHTTPServer):
    """The least of a Kubernetes API: discovery, and ConfigMaps that can be applied."""

    requests: list[REQUEST]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers discovery and remembers writes."""

    server: Api

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self._answer(200 if path in DISCOVERY else 404, DISCOVERY.get(path, {"kind": "Status"}))

    def do_PATCH(self) -> None:
        self._write()

    def do_POST(self) -> None:
        self._write()

    def _write(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.command, self.path, self.headers["Content-Type"]))
        self._answer(201, json.loads(body))

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def apply(row: KubernetesVersion, api: Api, home: Path, cache: Path, tmp_path: Path) -> None:
    """As CDK's handler does: `kubectl apply --kubeconfig FILE -f FILE`."""
    kubectl = find_tools(row, cache, path="").kubectl
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "c", "cluster": {"server": f"http://127.0.0.1:{api.server_port}"}},
        ],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": ""}}],
        "current-context": "c",
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig), encoding="utf-8")
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}}
    (tmp_path / "manifest.yaml").write_text(json.dumps(manifest), encoding="utf-8")
    subprocess.run(
        [
            str(kubectl),
            "apply",
            f"--kubeconfig={tmp_path / 'kubeconfig'}",
            "-f",
            str(tmp_path / "manifest.yaml"),
            "--validate=false",
        ],
        check=True,
        capture_output=True,
        env={"HOME": str(home), "KUBECACHEDIR": str(tmp_path / "cache"), "PATH": os.defpath},
    )


MINORS = [minor for minor, row in kubernetes_versions().items() if row.has_kuberc]


@pytest.mark.parametrize("minor", MINORS)
def test_apply_is_server_side_with_force(
    minor: str, api: Api, sample_cache: Path, tmp_path: Path
) -> None:
    apply(kubernetes_versions()[minor], api, KUBERC_LAYER / "kuberc", sample_cache, tmp_path)

    [(method, path, content_type)] = api.requests
    query = parse_qs(urlsplit(path).query)
    assert (method, content_type) == ("PATCH", "application/apply-patch+yaml")
    assert (query["force"], query["fieldManager"]) == (["true"], ["kubectl"])


def test_without_it_apply_is_client_side(api: Api, sample_cache: Path, tmp_path: Path) -> None:
    apply(kubernetes_versions()["1.35"], api, tmp_path, sample_cache, tmp_path)

    assert [method for method, _, _ in api.requests] == ["POST"]
