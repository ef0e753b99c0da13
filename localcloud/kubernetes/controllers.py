"""Plays the controllers whose results a deployment waits for; no pod ever runs.

It works over the API, so it serves the real kube-apiserver and the in-process API alike.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.managers import timestamp

_SECONDS: Final = 0.3
_LOAD_BALANCER_CONTROLLER: Final = "aws-load-balancer-controller"
_INGRESS_FINALIZER: Final = "ingress.k8s.aws/resources"
_log = logging.getLogger(__name__)


class Controllers:
    """Reconciles a cluster again and again, in a thread of its own.

    Deployments, StatefulSets and DaemonSets become available, Jobs complete, claims are bound,
    webhooks whose namespace runs something get a CA bundle, Services and Ingresses get a load
    balancer's host name. Ingresses are held by a finalizer that only goes while the AWS Load
    Balancer Controller's Deployment is there. Terminating namespaces are emptied.

    Args:
        client: Used by this thread only.
        region: Part of load balancers' host names.
        ca_certificate: The CA bundle that webhooks get, PEM.
    """

    def __init__(self, client: Client, *, region: str, ca_certificate: str) -> None:
        self._client = client
        self._region = region
        self._bundle = base64.b64encode(ca_certificate.encode()).decode()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="controllers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Reconcile no more."""
        self._stopping.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._stopping.wait(_SECONDS):
            try:
                self._reconcile()
            except ClientError as error:
                # An outage, or an object that went or changed meanwhile: the next round sees.
                if error.code not in {0, 404, 409, 422, 503}:
                    _log.warning("controllers: %s", error)
            except (KeyError, TypeError, ValueError):
                _log.exception("controllers")

    def _reconcile(self) -> None:
        deployments = self._each("/apis/apps/v1/deployments", _replicas)
        self._each("/apis/apps/v1/statefulsets", _replicas)
        self._each("/apis/apps/v1/daemonsets", _daemons)
        self._each("/apis/batch/v1/jobs", _completed)
        self._each("/api/v1/persistentvolumeclaims", _bound)
        self._each("/api/v1/services", self._balanced)
        controlled = any(
            item["metadata"]["name"] == _LOAD_BALANCER_CONTROLLER
            and "deletionTimestamp" not in item["metadata"]
            for item in deployments
        )
        if controlled:
            self._ingresses()
        available = {
            item["metadata"]["namespace"]
            for item in deployments
            if item.get("status", {}).get("availableReplicas")
        }
        for kind in ("mutating", "validating"):
            self._webhooks(kind, available)
        for namespace in self._client.items("/api/v1/namespaces"):
            if "deletionTimestamp" in namespace["metadata"]:
                self._empty(namespace)

    def _each(
        self, path: str, status: Callable[[dict[str, Any]], dict[str, Any] | None]
    ) -> list[dict[str, Any]]:
        items = self._client.items(path)
        for item in items:
            wanted = status(item)
            if wanted and not _has(item.get("status") or {}, wanted):
                self._try(self._set_status, _path(path, item), wanted)
        return items

    def _set_status(self, path: str, status: Mapping[str, Any]) -> None:
        self._client.merge(f"{path}/status", {"status": status})

    def _balanced(self, item: dict[str, Any]) -> dict[str, Any] | None:
        if item["spec"].get("type") != "LoadBalancer":
            return None
        return {"loadBalancer": {"ingress": [{"hostname": self._host_name(item)}]}}

    def _host_name(self, item: Mapping[str, Any]) -> str:
        metadata = item["metadata"]
        digest = hashlib.sha256(metadata["uid"].encode()).hexdigest()[:10]
        name = f"k8s-{metadata['namespace'][:8]}-{metadata['name'][:8]}-{digest}"
        return f"{name}-1234567890.{self._region}.elb.amazonaws.com"

    def _ingresses(self) -> None:
        path = "/apis/networking.k8s.io/v1/ingresses"
        for item in self._client.items(path):
            finalizers = list(item["metadata"].get("finalizers") or [])
            place = _path(path, item)
            if "deletionTimestamp" in item["metadata"]:
                rest = [name for name in finalizers if name != _INGRESS_FINALIZER]
                if rest != finalizers:
                    self._try(self._set_finalizers, place, rest)
                continue
            if _INGRESS_FINALIZER not in finalizers:
                held = [*finalizers, _INGRESS_FINALIZER]
                self._try(self._set_finalizers, place, held)
            wanted = {"loadBalancer": {"ingress": [{"hostname": self._host_name(item)}]}}
            if not _has(item.get("status") or {}, wanted):
                self._try(self._set_status, place, wanted)

    def _set_finalizers(self, path: str, finalizers: list[str]) -> None:
        self._client.merge(path, {"metadata": {"finalizers": finalizers or None}})

    def _webhooks(self, kind: str, available: set[str]) -> None:
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
        for item in self._client.items(path):
            webhooks = item.get("webhooks") or []
            bare = [
                webhook["clientConfig"]
                for webhook in webhooks
                if not webhook["clientConfig"].get("caBundle")
                and webhook["clientConfig"].get("service", {}).get("namespace") in available
            ]
            for config in bare:
                config["caBundle"] = self._bundle
            if bare:
                self._try(self._client.merge, _path(path, item), {"webhooks": webhooks})

    def _empty(self, namespace: dict[str, Any]) -> None:
        """Delete what is in a namespace, then let it go: only the real API needs that."""
        name = namespace["metadata"]["name"]
        left = 0
        for base, resource in self._namespaced():
            path = f"{base}/namespaces/{name}/{resource}"
            items = self._client.items(path)
            left += len(items)
            for item in items:
                if "deletionTimestamp" not in item["metadata"]:
                    self._try(self._client.delete, f"{path}/{item['metadata']['name']}")
        if not left:
            freed = {**namespace, "spec": {"finalizers": []}}
            self._try(self._client.put, f"/api/v1/namespaces/{name}/finalize", freed)

    def _namespaced(self) -> list[tuple[str, str]]:
        bases = ["/api/v1"]
        for group in self._client.get("/apis")["groups"]:
            version = (group.get("preferredVersion") or group["versions"][0])["groupVersion"]
            bases.append(f"/apis/{version}")
        return [
            (base, resource["name"])
            for base in bases
            for resource in self._client.get(base)["resources"]
            if resource["namespaced"]
            and {"delete", "list"} <= set(resource["verbs"])
            and "/" not in resource["name"]
        ]

    def _try(self, action: Callable[..., None], *arguments: object) -> None:
        # One object that went meanwhile must not keep the others waiting.
        try:
            action(*arguments)
        except ClientError as error:
            if error.code not in {404, 409}:
                raise


def _path(collection: str, item: Mapping[str, Any]) -> str:
    base, _, plural = collection.rpartition("/")
    metadata = item["metadata"]
    namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{base}{namespace}/{plural}/{metadata['name']}"


def _has(status: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a status says all that is wanted; the times of conditions do not count."""
    for key, value in wanted.items():
        found = status.get(key)
        if key == "conditions":
            known = {(c["type"], c["status"]) for c in found or []}
            if not {(c["type"], c["status"]) for c in value} <= known:
                return False
        elif key not in {"completionTime", "startTime"} and found != value:
            return False
    return True


def _condition(kind: str, reason: str) -> dict[str, str]:
    now = timestamp()
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "lastTransitionTime": now,
        **({"lastUpdateTime": now} if kind in {"Available", "Progressing"} else {}),
    }


def _replicas(item: dict[str, Any]) -> dict[str, Any]:
    count = item["spec"].get("replicas", 1)
    status: dict[str, Any] = {
        "observedGeneration": item["metadata"].get("generation", 1),
        "replicas": count,
        "readyReplicas": count,
        "updatedReplicas": count,
        "availableReplicas": count,
    }
    if item["kind"] == "Deployment" or "serviceName" not in item["spec"]:
        status["conditions"] = [
            _condition("Available", "MinimumReplicasAvailable"),
            _condition("Progressing", "NewReplicaSetAvailable"),
        ]
    return status


def _daemons(item: dict[str, Any]) -> dict[str, Any]:
    # As if the cluster had one node.
    names = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady")
    return {
        "observedGeneration": item["metadata"].get("generation", 1),
        **dict.fromkeys((*names, "numberAvailable", "updatedNumberScheduled"), 1),
        "numberMisscheduled": 0,
    }


def _completed(item: dict[str, Any]) -> dict[str, Any] | None:
    if item["spec"].get("suspend"):
        return None
    now = timestamp()
    return {
        "startTime": now,
        "completionTime": now,
        "succeeded": item["spec"].get("completions", 1),
        "conditions": [
            {**_condition(kind, "CompletionsReached"), "lastProbeTime": now}
            for kind in ("SuccessCriteriaMet", "Complete")
        ],
    }


def _bound(_: dict[str, Any]) -> dict[str, Any]:
    return {"phase": "Bound"}
