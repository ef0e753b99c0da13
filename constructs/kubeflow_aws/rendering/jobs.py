"""Gives each form of a Job a name of its own.

The pod template of a Job cannot change (Kubernetes, "Jobs"), so a Job of a new release is another
Job, not an update of the one before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of, metadata
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.rendering.render import Rendered


def name_jobs(rendered: Rendered) -> Rendered:
    """A component whose Jobs, and the gates that wait for them, are named after what they run."""
    names = {
        (key.namespace, key.name): f"{key.name}-{_digest(item)}"
        for item in rendered.objects
        if (key := key_of(item)).kind == "Job"
    }
    if not names:
        return rendered
    return replace(
        rendered,
        component=_renamed_gates(rendered.component, names),
        objects=[_renamed(item, names) for item in rendered.objects],
    )


def _digest(item: KubernetesObject) -> str:
    text = json.dumps(item.get("spec"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _renamed(item: KubernetesObject, names: Mapping[tuple[str, str], str]) -> KubernetesObject:
    key = key_of(item)
    if key.kind != "Job":
        return item
    return {**item, "metadata": {**metadata(item), "name": names[key.namespace, key.name]}}


def _renamed_gates(component: Component, names: Mapping[tuple[str, str], str]) -> Component:
    gates = tuple(
        gate.model_copy(update={"name": names[gate.namespace or "", gate.name]})
        if gate.kind == "Job"
        else gate
        for gate in component.ready
    )
    return component.model_copy(update={"ready": gates})
