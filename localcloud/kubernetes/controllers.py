"""Plays the controllers whose results a deployment waits for; no pod ever runs.

It works over the API, so it serves the real kube-apiserver and the in-process API alike.
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.kubernetes import load_balancers
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.collector import Collector
from localcloud.kubernetes.trees import Tree
from localcloud.kubernetes.workloads import STATUSES, says

_SECONDS: Final = 0.3
_PASSING: Final = frozenset({0, 404, 409, 422, 503})
_log = logging.getLogger(__name__)


class Controllers:
    """Reconciles a cluster again and again, in a thread of its own.

    Deployments, ReplicaSets, StatefulSets and DaemonSets become available, Jobs complete, claims
    are bound, webhooks whose namespace runs something get a CA bundle, Services of type
    LoadBalancer and Ingresses get a load balancer's host name. Ingresses are held by a finalizer
    that only goes while the AWS Load Balancer Controller's Deployment is there. Namespaces that
    are deleted are emptied, and what has lost its owners is deleted.

    Args:
        client: Used by this thread only.
        region: Part of load balancers' host names.
        ca_certificate: The CA bundle that webhooks get, PEM.
    """

    def __init__(self, client: Client, *, region: str, ca_certificate: str) -> None:
        self._client = client
        self._collector = Collector(client)
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
            for part in (self._workloads, self._collector.collect):
                # One that fails must not keep the other from its work.
                try:
                    part()
                except ClientError as error:
                    # An outage, or an object that changed meanwhile: the next round sees.
                    if error.code not in _PASSING:
                        _log.warning("controllers: %s", error)
                except Exception:
                    _log.exception("controllers")

    def _workloads(self) -> None:
        listed = {path: self._client.items(path) for path in STATUSES}
        for path, items in listed.items():
            for item in items:
                self._have_status(path, item, STATUSES[path](item))
        path = "/api/v1/services"
        for item in self._client.items(path):
            if load_balancers.is_balanced_service(item):
                self._have_status(path, item, load_balancers.status(item, self._region))
        deployments = listed["/apis/apps/v1/deployments"]
        if any(
            item["metadata"]["name"] == load_balancers.CONTROLLER
            and "deletionTimestamp" not in item["metadata"]
            for item in deployments
        ):
            self._ingresses()
        available = {
            item["metadata"]["namespace"]
            for item in deployments
            if (item.get("status") or {}).get("availableReplicas")
        }
        for kind in ("mutating", "validating"):
            self._webhooks(kind, available)

    def _have_status(self, collection: str, item: Tree, wanted: Tree | None) -> None:
        if wanted and not says(item.get("status") or {}, wanted):
            path = f"{_path(collection, item)}/status"
            self._attempt(self._client.merge, path, {"status": wanted})

    def _ingresses(self) -> None:
        path = load_balancers.INGRESSES
        listed = self._client.items(load_balancers.INGRESS_CLASSES)
        classes = load_balancers.alb_classes(listed)
        groups = load_balancers.groups_of(listed, self._class_parameters())
        for item in self._client.items(path):
            if load_balancers.class_of(item) not in classes:
                continue
            group = load_balancers.group_of(item, groups)
            finalizers = load_balancers.finalizers(item, group)
            if finalizers != (item["metadata"].get("finalizers") or []):
                patch = {"metadata": {"finalizers": finalizers or None}}
                self._attempt(self._client.merge, _path(path, item), patch)
            if "deletionTimestamp" not in item["metadata"]:
                self._have_status(path, item, load_balancers.status(item, self._region, group))

    def _class_parameters(self) -> list[Tree]:
        try:
            return self._client.items(load_balancers.CLASS_PARAMETERS)
        except ClientError as error:
            if error.code != 404:
                raise
            return []

    def _webhooks(self, kind: str, available: set[str]) -> None:
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
        for item in self._client.items(path):
            webhooks = item.get("webhooks") or []
            bare = [
                webhook["clientConfig"]
                for webhook in webhooks
                if not webhook["clientConfig"].get("caBundle")
                and (webhook["clientConfig"].get("service") or {}).get("namespace") in available
            ]
            for config in bare:
                config["caBundle"] = self._bundle
            if bare:
                patch = {
                    "metadata": {"resourceVersion": item["metadata"]["resourceVersion"]},
                    "webhooks": webhooks,
                }
                self._attempt(self._client.merge, _path(path, item), patch)

    def _attempt(self, action: Callable[..., None], *arguments: object) -> None:
        # One object that went meanwhile must not keep the others waiting.
        try:
            action(*arguments)
        except ClientError as error:
            if error.code not in {404, 409, 422}:
                raise
            if error.code == 422:
                _log.warning("controllers: %s", error)


def _path(collection: str, item: Mapping[str, Any]) -> str:
    base, _, plural = collection.rpartition("/")
    metadata = item["metadata"]
    namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{base}{namespace}/{plural}/{metadata['name']}"
