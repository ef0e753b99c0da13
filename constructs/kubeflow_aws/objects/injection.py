"""Whether Istio adds its proxy to a pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, metadata, texts

INJECTION: Final = "istio-injection"
"""Label of a namespace."""

INJECT: Final = "sidecar.istio.io/inject"
"""Label of a pod; an annotation of this name counts where there is no label."""


def is_injected(template: KubernetesObject, *, namespace_labels: Mapping[str, str]) -> bool:
    """As istiod's webhooks choose, and istiod itself after them.

    Sources: Istio, "Installing the Sidecar", "Controlling the injection policy"; istio/istio,
    pkg/kube/inject/inject.go, injectRequired.

    Args:
        template: A pod or its template.
        namespace_labels: Of its namespace.
    """
    spec, meta = template.get("spec"), metadata(template)
    if isinstance(spec, dict) and spec.get("hostNetwork"):
        return False
    label = texts(meta.get("labels")).get(INJECT)
    match namespace_labels.get(INJECTION):
        case "enabled":
            wish = label or texts(meta.get("annotations")).get(INJECT)
            return wish != "false"
        case None:
            return label == "true"
    return False
