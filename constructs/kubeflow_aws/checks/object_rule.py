"""What a rule over Kubernetes objects is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from kubeflow_aws.objects.kubernetes_object import KubernetesObject


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectRule:
    """One rule over the objects that a pack applies.

    A finding has what breaks the rule in brackets behind the rule's id, as granular rules of
    cdk-nag do, so that an acknowledgment fits exactly one.

    Attributes:
        id: Shown in the report.
        breaks: What breaks the rule in an object, in a few words each; nothing if it keeps it.
        why: What goes wrong otherwise.
        fix: What to do.
    """

    id: str
    breaks: Callable[[KubernetesObject], Iterable[str]]
    why: str
    fix: str
