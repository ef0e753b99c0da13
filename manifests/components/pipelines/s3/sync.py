"""What Pipelines needs in each profile: the hook that metacontroller calls.

Takes the place of upstream's hook, which makes static keys and knows one bucket name
(Pipelines 2.17, manifests/kustomize/base/installs/multi-user/pipelines-profile-controller). Runs
on the standard library alone, in upstream's image.

Metacontroller sends a namespace as ``object`` and what it has of it as ``attachments``, and takes
back all that shall be there (Metacontroller, "DecoratorController", sync hook).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PREFIX_ANNOTATION = "kubeflow-aws/artifacts-prefix"
"""On a namespace whose artifacts have a folder of their own; set by the deployment file."""

LABEL = "pipelines.kubeflow.org/enabled"
PROXY = "ml-pipeline-ui-artifact"
LOG_KEY = (
    "private-artifacts/NAMESPACE/{{workflow.name}}/{{workflow.creationTimestamp.Y}}/"
    "{{workflow.creationTimestamp.m}}/{{workflow.creationTimestamp.d}}/{{pod.name}}"
)
"""As in the workflow controller's own configuration and in the UI's ARGO_KEYFORMAT."""


@dataclass(frozen=True)
class Settings:
    """What does not depend on the namespace.

    Attributes:
        bucket: Name of the bucket of artifacts.
        region: Its region.
        frontend: Image of the UI, which the artifact proxy is.
        sidecar: Whether the proxy gets a sidecar.
    """

    bucket: str
    region: str
    frontend: str
    sidecar: bool

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """The settings of an environment.

        Raises:
            KeyError: A variable is missing.
        """
        image = environment.get("FRONTEND_IMAGE", "ghcr.io/kubeflow/kfp-frontend")
        tag = environment.get("FRONTEND_TAG") or environment["KFP_VERSION"]
        return cls(
            bucket=environment["ARTIFACTS_BUCKET"],
            region=environment["AWS_REGION"],
            frontend=f"{image}:{tag}",
            sidecar=environment.get("DISABLE_ISTIO_SIDECAR", "false") != "true",
        )


def sync(request: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The answer to one call."""
    metadata = request["object"]["metadata"]
    if metadata.get("labels", {}).get(LABEL) != "true":
        return {"status": {}, "attachments": []}
    wanted = attachments(
        metadata["name"], metadata.get("annotations", {}).get(PREFIX_ANNOTATION), settings
    )
    there = {
        (kind.partition(".")[0], name.rpartition("/")[2])
        for kind, objects in request.get("attachments", {}).items()
        for name in objects
    }
    missing = {(each["kind"], each["metadata"]["name"]) for each in wanted} - there
    return {
        "status": {"kubeflow-pipelines-ready": str(not missing)},
        "attachments": wanted,
    }


def attachments(namespace: str, prefix: str | None, settings: Settings) -> list[dict[str, Any]]:
    """Everything that a profile's namespace shall have of Pipelines."""
    host = f"s3.{settings.region}.amazonaws.com"
    folder = prefix or f"private-artifacts/{namespace}"
    return [
        _config_map(
            namespace,
            "kfp-launcher",
            {
                "defaultPipelineRoot": f"s3://{settings.bucket}/{folder}/v2/artifacts",
                # JSON is YAML. The role comes from the pod's environment.
                "providers": json.dumps(
                    {
                        "s3": {
                            "default": {
                                "endpoint": host,
                                "region": settings.region,
                                "credentials": {"fromEnv": True},
                            }
                        }
                    }
                ),
            },
        ),
        _config_map(
            namespace,
            "metadata-grpc-configmap",
            {
                "METADATA_GRPC_SERVICE_HOST": "metadata-grpc-service.kubeflow",
                "METADATA_GRPC_SERVICE_PORT": "8080",
            },
        ),
        _config_map(
            namespace,
            "artifact-repositories",
            {
                "default-namespaced": json.dumps(
                    {
                        "archiveLogs": True,
                        "s3": {
                            "endpoint": host,
                            "bucket": settings.bucket,
                            "region": settings.region,
                            "insecure": False,
                            "useSDKCreds": True,
                            "keyFormat": LOG_KEY.replace("NAMESPACE", namespace),
                        },
                    }
                )
            },
            {"workflows.argoproj.io/default-artifact-repository": "default-namespaced"},
        ),
        _proxy(namespace, host, settings),
        _proxy_service(namespace),
    ]


def _config_map(
    namespace: str,
    name: str,
    data: dict[str, str],
    annotations: dict[str, str] | None = None,
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def _proxy(namespace: str, host: str, settings: Settings) -> dict[str, Any]:
    """Reads artifacts for the UI, with the role of the namespace it belongs to."""
    labels = {"app": PROXY}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": PROXY, "namespace": namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    "labels": {
                        **labels,
                        "sidecar.istio.io/inject": "true" if settings.sidecar else "false",
                    }
                },
                "spec": {
                    "serviceAccountName": "default-editor",
                    # For AWS it has another token. With Kubernetes' own it would hand out files of
                    # its pod, that token among them, to whoever may view the namespace.
                    "automountServiceAccountToken": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": PROXY,
                            "image": settings.frontend,
                            "imagePullPolicy": "IfNotPresent",
                            "ports": [{"containerPort": 3000}],
                            "env": [
                                {"name": "AWS_REGION", "value": settings.region},
                                {"name": "AWS_S3_ENDPOINT", "value": host},
                            ],
                            "resources": {
                                "requests": {"cpu": "10m", "memory": "70Mi"},
                                "limits": {"memory": "500Mi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "runAsNonRoot": True,
                                "runAsUser": 1000,
                                "runAsGroup": 0,
                            },
                        }
                    ],
                },
            },
        },
    }


def _proxy_service(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": PROXY, "namespace": namespace, "labels": {"app": PROXY}},
        "spec": {
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 3000}],
            "selector": {"app": PROXY},
        },
    }


def server(settings: Settings, port: int) -> ThreadingHTTPServer:
    """An HTTP server that answers metacontroller's calls; port 0 takes a free one."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            try:
                answer = sync(json.loads(self.rfile.read(length)), settings)
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                # Metacontroller tries again; nothing in the namespace changes.
                self.send_error(400, f"not a call of metacontroller: {error!r}")
                return
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return ThreadingHTTPServer(("", port), Hook)


if __name__ == "__main__":
    server(Settings.of(os.environ), int(os.environ.get("CONTROLLER_PORT", "8080"))).serve_forever()
