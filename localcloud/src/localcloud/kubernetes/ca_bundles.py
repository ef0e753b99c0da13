"""Plays what gives webhooks their CA: cert-manager's injector, istiod, Knative's controllers."""

from __future__ import annotations

import base64
from typing import Any, Final

from localcloud.kubernetes.client import Client, attempt, path_of
from localcloud.kubernetes.trees import Tree

_CONFIGURATIONS: Final = (
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
)
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_DEPLOYMENTS: Final = "/apis/apps/v1/deployments"
WATCHED: Final = frozenset({*_CONFIGURATIONS, _DEFINITIONS, _DEPLOYMENTS})
"""Whose changes matter here."""

# What upstream writes where a CA will be: nothing, or a line feed in base64.
_EMPTY: Final = frozenset({None, "", "Cg=="})


class CaBundles:
    """Webhooks get a CA bundle as soon as their namespace runs something.

    Args:
        client: Of the API.
        ca_certificate: The CA, in PEM.
    """

    def __init__(self, client: Client, *, ca_certificate: str) -> None:
        self._client = client
        self._bundle = base64.b64encode(ca_certificate.encode()).decode()

    def reconcile(self) -> None:
        """Look at all webhooks, those that convert custom resources included.

        Raises:
            ClientError: If the API does not answer.
        """
        available = {
            item["metadata"]["namespace"]
            for item in self._client.items(_DEPLOYMENTS)
            if (item.get("status") or {}).get("availableReplicas")
        }
        for path in _CONFIGURATIONS:
            for item in self._client.items(path):
                webhooks = item.get("webhooks") or []
                if self._fill([each["clientConfig"] for each in webhooks], available):
                    self._merge(path, item, {"webhooks": webhooks})
        for item in self._client.items(_DEFINITIONS):
            conversion = item["spec"].get("conversion") or {}
            config = (conversion.get("webhook") or {}).get("clientConfig")
            if config and self._fill([config], available):
                self._merge(_DEFINITIONS, item, {"spec": {"conversion": conversion}})

    def _fill(self, configs: list[dict[str, Any]], available: set[str]) -> bool:
        bare = [
            config
            for config in configs
            if config.get("caBundle") in _EMPTY
            and (config.get("service") or {}).get("namespace") in available
        ]
        for config in bare:
            config["caBundle"] = self._bundle
        return bool(bare)

    def _merge(self, path: str, item: Tree, patch: Tree) -> None:
        revision = {"metadata": {"resourceVersion": item["metadata"]["resourceVersion"]}}
        attempt(self._client.merge, path_of(path, item), {**revision, **patch})
