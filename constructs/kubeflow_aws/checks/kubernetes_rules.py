"""Rules for Kubernetes objects, in cdk-nag's form: cdk-nag does not look into manifests."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kubeflow_aws.assembly.templates import UNRESOLVED
from kubeflow_aws.checks.object_rule import ObjectRule
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of, metadata, pod_spec
from kubeflow_aws.rendering.floors import Floor, below_floors
from kubeflow_aws.rendering.images import images_of

DEFAULT_PASSWORDS: Final[Mapping[str, str]] = {
    "minio123": "object storage",
    "pUBnBOY80SnXgjibTYM9ZWNzY2xreNGQok": "Dex's client",
    "7d16fee92f8d11b8940b081b3f8b8acb": "the cookies of oauth2-proxy",
    "$2y$12$4K/VkmDd1q1Orb3xAt82zu8gk7Ad6ReFR4LCP9UeYE90NLiN9Df72": "Dex's user",
    "$2a$12$ruoM7FqXrpVgaol44eRZW.4HWS8SAvg6KYVVSCIwKQPBmTpCm.EeO": "Dex's user",
}
"""What upstream publishes, and whose it is (`*/base/**/secret*.yaml`, `common/dex`, 26.03)."""

ENFORCED: Final = frozenset({"baseline", "restricted"})
"""Levels of the Pod Security Standards that keep pods from the node."""

MUTABLE_TAGS: Final = frozenset({"latest", "main", "master", "nightly", "dev", "edge", "stable"})


def _plain_secrets(item: KubernetesObject) -> Iterator[str]:
    if item.get("kind") == "Secret" and any(_written(item)):
        yield str(key_of(item))


def _written(item: KubernetesObject) -> Iterator[str]:
    """The values of a Secret that stand in the template, as they will be."""
    for name in ("data", "stringData"):
        values = item.get(name)
        for value in values.values() if isinstance(values, dict) else ():
            text = str(value)
            if text and text != UNRESOLVED:
                yield _decoded(text) if name == "data" else text


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode(errors="replace")
    except binascii.Error:
        return text


def _default_passwords(item: KubernetesObject) -> Iterator[str]:
    text = json.dumps(item)
    if item.get("kind") == "Secret":
        text += "\n".join(_written(item))
    for password, owner in DEFAULT_PASSWORDS.items():
        if password in text:
            yield f"{key_of(item)}: {owner}"
    if _has_empty_password(item):
        yield f"{key_of(item)}: MySQL"


def _has_empty_password(item: KubernetesObject) -> bool:
    containers = (pod_spec(item) or {}).get("containers")
    return any(
        isinstance(variable, dict)
        and variable.get("name") == "MYSQL_ALLOW_EMPTY_PASSWORD"
        and str(variable.get("value")).lower() in {"true", "yes", "1"}
        for container in (containers if isinstance(containers, list) else ())
        if isinstance(container, dict) and isinstance(variables := container.get("env"), list)
        for variable in variables
    )


def _mutable_images(item: KubernetesObject) -> Iterator[str]:
    if item.get("kind") == "CustomResourceDefinition":
        return
    for image in sorted(images_of([item])):
        name, _, digest = image.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if not digest and UNRESOLVED not in image and (not tag or tag in MUTABLE_TAGS):
            yield f"{key_of(item)}: {image}"


def _open_namespaces(item: KubernetesObject) -> Iterator[str]:
    if item.get("kind") == "Namespace":
        labels = metadata(item).get("labels")
        level = labels.get("pod-security.kubernetes.io/enforce") if isinstance(labels, dict) else ""
        if level not in ENFORCED:
            yield str(key_of(item))


KUBERNETES_RULES: Final = (
    ObjectRule(
        id="KubeflowAws-K8S1",
        breaks=_plain_secrets,
        why="A Secret stands in the template, where everybody who may read stacks reads it.",
        fix="Keep it in Secrets Manager and let the Secrets Store CSI driver bring it.",
    ),
    ObjectRule(
        id="KubeflowAws-K8S2",
        breaks=_default_passwords,
        why="A password that upstream publishes, or none at all, protects nothing.",
        fix="Take it out in an overlay, or choose an option that has no such password.",
    ),
    ObjectRule(
        id="KubeflowAws-K8S3",
        breaks=_mutable_images,
        why="The image can become another one under the same name.",
        fix="Name a version or a digest.",
    ),
    ObjectRule(
        id="KubeflowAws-K8S4",
        breaks=_open_namespaces,
        why="Pods of this namespace may take over the node that they run on.",
        fix="Label it pod-security.kubernetes.io/enforce: restricted, or baseline.",
    ),
)
"""The rules that need nothing but the object."""


def kubernetes_rules(floors: Sequence[Floor]) -> tuple[ObjectRule, ...]:
    """All rules for Kubernetes objects.

    Args:
        floors: The least versions of images (`manifests/image-floors.yaml`).
    """

    def below(item: KubernetesObject) -> Iterator[str]:
        for each in below_floors([item], floors):
            yield f"{key_of(item)}: {each.image} is below {each.floor.least}"

    return (
        *KUBERNETES_RULES,
        ObjectRule(
            id="KubeflowAws-K8S5",
            breaks=below,
            why="This version has a known hole or is past its end of life: see image-floors.yaml.",
            fix="Name the least version of manifests/image-floors.yaml, or a newer one.",
        ),
    )
