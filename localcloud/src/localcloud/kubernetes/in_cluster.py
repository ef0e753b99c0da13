"""What the API server calls within the cluster: webhooks, which get a stand-in's answer.

A call reaches its Service if one of the Service's pods is ready, as the endpoints say, and fails
otherwise; so a webhook that shuts out its own pods is found. Every admission is allowed, objects
are converted by their apiVersion alone, and Istio's injector adds its proxy. What a real webhook
would refuse or change beyond that is not seen here.
"""

from __future__ import annotations

import base64
import json
import logging
import socketserver
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from localcloud.kubernetes.certificates import Authority
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.listening import Listening
from localcloud.kubernetes.trees import Tree

_ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REFUSED: Final = b"HTTP/1.1 503 Service Unavailable\r\n\r\n"
_INJECTOR: Final = "/inject"
_INJECTOR_CONFIG: Final = "/api/v1/namespaces/istio-system/configmaps/istio-sidecar-injector"
_ASKS: Final = "sidecar.istio.io/inject"
_NOBODY_SECONDS: Final = 30
_log = logging.getLogger(__name__)


class InCluster:
    """Listens on a socket for ``CONNECT``, as a network proxy of Kubernetes does.

    Args:
        authority: Signs the certificates of the Services.
        client: Of the API, to ask which Services have somebody; used under a lock.
        socket_file: Where to listen.
    """

    def __init__(self, authority: Authority, client: Client, socket_file: Path) -> None:
        services = _Services(client)
        contexts = _Contexts(authority)

        class Handler(socketserver.StreamRequestHandler):
            timeout = _NOBODY_SECONDS

            def handle(self) -> None:
                try:
                    _serve(self, services, contexts)
                except (ClientError, OSError, ValueError) as error:
                    # The API server hung up, or checked the certificate and did not like it.
                    _log.debug("in-cluster call: %s", error)

        self._client = client
        self._file = socket_file
        self._server = _Server(str(socket_file), Handler)
        self._server.start("in-cluster")

    def stop(self) -> None:
        """Answer no more."""
        self._server.end()
        self._client.close()
        self._file.unlink(missing_ok=True)


class _Server(Listening, socketserver.UnixStreamServer):
    pass


class _Services:
    """Which addresses somebody answers at."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()

    def answers(self, address: str) -> bool:
        with self._lock:
            try:
                return self._has_ready_pod(address)
            except ClientError as error:
                _log.warning("in-cluster call of %s: %s", address, error)
                return False

    def _has_ready_pod(self, address: str) -> bool:
        for service in self._client.items(
            f"/api/v1/services?fieldSelector=spec.clusterIP%3D{address}"
        ):
            metadata = service["metadata"]
            slices = self._client.items(
                f"/apis/discovery.k8s.io/v1/namespaces/{metadata['namespace']}/endpointslices"
                f"?labelSelector=kubernetes.io%2Fservice-name%3D{metadata['name']}"
            )
            return any(
                endpoint.get("conditions", {}).get("ready")
                for each in slices
                for endpoint in each.get("endpoints") or ()
            )
        return False

    def proxy(self) -> Tree:
        """What istiod's chart says of the proxy.

        Raises:
            ClientError: It cannot be read.
        """
        with self._lock:
            values: Tree = json.loads(self._client.get(_INJECTOR_CONFIG)["data"]["values"])
        proxy: Tree = values["global"]["proxy"]
        return proxy


class _Contexts:
    """A server context for each name that is called, made once."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._made: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.first = self._context("localhost")
        self.first.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        if name:
            connection.context = self._context(name)

    def _context(self, name: str) -> ssl.SSLContext:
        with self._lock:
            if name not in self._made:
                self._made[name] = self._authority.certificate_for(name).server_context()
            return self._made[name]


def _serve(
    handler: socketserver.StreamRequestHandler, services: _Services, contexts: _Contexts
) -> None:
    method, target, _ = handler.rfile.readline().decode("ascii").split(" ", 2)
    while handler.rfile.readline().strip():
        pass
    if method != "CONNECT" or not services.answers(target.rpartition(":")[0]):
        handler.wfile.write(_REFUSED)
        return
    handler.wfile.write(_ESTABLISHED)
    with contexts.first.wrap_socket(handler.connection, server_side=True) as connection:
        stream = connection.makefile("rwb")
        _, path, _ = stream.readline().decode("ascii").split(" ", 2)
        length = 0
        while header := stream.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        review = json.loads(stream.read(length))
        body = json.dumps(_answer(path, review, services.proxy)).encode()
        # Kept open, it would go on answering when the pods are gone.
        stream.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        stream.write(body)
        stream.flush()


def _answer(path: str, review: Tree, proxy: Callable[[], Tree]) -> Tree:
    request = review["request"]
    response: dict[str, Any] = {"uid": request["uid"]}
    if review["kind"] == "ConversionReview":
        response["result"] = {"status": "Success"}
        response["convertedObjects"] = [
            {**item, "apiVersion": request["desiredAPIVersion"]} for item in request["objects"]
        ]
    else:
        response["allowed"] = True
        if path.split("?")[0].startswith(_INJECTOR):
            patch = json.dumps(injection(request["object"], proxy())).encode()
            response |= {
                "patchType": "JSONPatch",
                "patch": base64.b64encode(patch).decode(),
            }
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


def injection(pod: Tree, proxy: Tree) -> list[Tree]:
    """The JSON patch that adds Istio's proxy to a pod: a native sidecar, and what checks the CNI.

    Security contexts are those of istiod's chart, template `sidecar` with CNI
    (files/injection-template.yaml); a gateway's own template adds no container.

    Args:
        pod: As it is to be made.
        proxy: ``global.proxy`` of the values that istiod's chart was rendered with.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    annotations = metadata.get("annotations") or {}
    if annotations.get("inject.istio.io/templates", "sidecar") != "sidecar":
        return []
    # The label goes before the annotation, which the webhook's selectors do not see
    # (istio/istio: pkg/kube/inject/inject.go, injectRequired).
    asked = (metadata.get("labels") or {}).get(_ASKS) or annotations.get(_ASKS) or "true"
    if spec.get("hostNetwork") or asked.lower() not in ("y", "yes", "true", "on"):
        return []
    secure = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsGroup": 1337,
        "runAsNonRoot": True,
        "runAsUser": 1337,
    }
    if profile := proxy.get("seccompProfile"):
        secure["seccompProfile"] = profile
    container = {
        "image": proxy["image"],
        "resources": proxy["resources"],
        "securityContext": secure,
    }
    containers = [
        {"name": "istio-validation", **container},
        {"name": "istio-proxy", "restartPolicy": "Always", **container},
    ]
    return [
        {
            "op": "add",
            "path": "/spec/initContainers",
            "value": [*containers, *(spec.get("initContainers") or [])],
        },
        {
            "op": "add",
            "path": "/metadata/annotations",
            "value": {**annotations, "sidecar.istio.io/status": "{}"},
        },
    ]
