"""The pods of a profile, which no manifest holds: controllers make them at run time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.objects.injection import INJECT
from kubeflow_aws.objects.kubernetes_object import NAME_LABEL, JsonValue
from kubeflow_aws.reachability.ends import End
from kubeflow_aws.reachability.pods import pod

FILE: Final = Path(__file__).with_name("runtime-pods.yaml")


class RuntimePod(BaseModel):
    """A kind of pod that a controller makes in a profile.

    Attributes:
        name: What people call it.
        labels: Its labels; NAME stands for the user's own name of it.
        sidecar: Whether it has one; its maker declines it else.
        source: Where that is from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str
    labels: dict[str, str]
    sidecar: bool = True
    source: str


def load_runtime_pods() -> tuple[RuntimePod, ...]:
    """All kinds.

    Raises:
        UserError: The file breaks its form; the text names the field.
    """
    return read_data_file(FILE, TypeAdapter(tuple[RuntimePod, ...]))


def pods_of_profile(namespace: str, labels: Mapping[str, str]) -> list[End]:
    """A pod of each kind in a profile.

    Args:
        namespace: Namespace of the profile.
        labels: The namespace's, but for the one that Kubernetes adds.
    """
    labels = {**labels, NAME_LABEL: namespace}
    return [
        pod(
            each.name,
            namespace,
            namespace_labels=labels,
            template={"metadata": {"labels": dict(each.labels), **_wish(each)}},
            ports={},
        )
        for each in load_runtime_pods()
    ]


def _wish(each: RuntimePod) -> dict[str, JsonValue]:
    return {} if each.sidecar else {"annotations": {INJECT: "false"}}
