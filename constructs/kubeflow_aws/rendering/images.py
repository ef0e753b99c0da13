"""Container images wherever Kubernetes objects name them, and other names for them.

Kustomize's `images` knows containers. Upstream also names images in arguments, environment
variables, custom resources, and inside of JSON, YAML and Python texts of ConfigMaps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.image_reference import parse_reference
from kubeflow_aws.objects.kubernetes_object import CRD, JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.images_apart import map_versions_beside, map_with_hub
from kubeflow_aws.rendering.render import Rendered

DOCKER: Final = "docker.io"

# Amazon ECR User Guide, "Making requests to Amazon ECR registries": ACCOUNT.dkr.ecr.REGION and,
# over IPv6, ACCOUNT.dkr-ecr.REGION; what follows is the partition's.
_ECR: Final = r"\d{12}\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)(?:\.[a-z0-9-]+)+"
_HOST: Final = (
    r"(?:(?:index\.)?docker\.io|ghcr\.io|gcr\.io|quay\.io|registry\.k8s\.io|registry\.istio\.io"
    r"|public\.ecr\.aws|nvcr\.io|mcr\.microsoft\.com|[a-z0-9-]+-docker\.pkg\.dev"
    rf"|{_ECR.replace('?P<region>', '?:')})"
)
# A registry of the deployment's own, below which each image keeps the name of its own registry.
_OWN: Final = r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*?)?"
_PATH: Final = r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
_VERSION: Final = r"(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?"
# Behind a slash it is a part of a URL, or of a name that was rewritten already.
NAMED: Final = re.compile(rf"(?<![\w./-])({_OWN}{_HOST}/{_PATH}{_VERSION})")
"""A reference with its registry, in any text."""

_WHOLE: Final = re.compile(rf"^(?:[a-z0-9.-]+:\d+/)?{_PATH}{_VERSION}$")
# As kserve writes JSON and Katib YAML.
_IN_TEXT: Final = re.compile(
    rf"""(["']?\w*[iI]mage["']?\s*:\s*["']?)({_PATH}{_VERSION})(?=["'\s]|$)"""
)
_IS_IMAGE: Final = re.compile(r"^(?:[iI]mage|\w+Image|\w+_IMAGE)$")

PARTS: Final = frozenset(
    {"gcr.io/istio-release", "registry.istio.io/release", "ghcr.io/kubeflow/kfp-frontend"}
)
"""Parts of names that a program completes; the complete ones stand elsewhere as well."""

EXAMPLE: Final = "_example"
"""Knative's documentation of a ConfigMap, which nobody reads and whose checksum must fit."""


def full_name(image: str) -> str:
    """An image with its registry: what stands for `mysql:8.4` is `docker.io/library/mysql:8.4`."""
    if _has_registry(image):
        return image
    return f"{DOCKER}/{image}" if "/" in image else f"{DOCKER}/library/{image}"


# The two spellings that the distribution project's normalize.go joins as well.
_DOCKERS: Final = re.compile(r"(?:^|(?<=/))(?:index\.)?docker\.io/(?P<alone>(?=[^/]+$))?")


def canonical_name(image: str) -> str:
    """The one name of an image that Docker's registry has under several.

    `mysql:8.4`, `docker.io/mysql:8.4` and `index.docker.io/library/mysql:8.4` are all
    `docker.io/library/mysql:8.4`, and so are copies of them below another registry. It is there to
    compare: what is copied and applied keeps the name that it was given.
    """
    return _DOCKERS.sub(
        lambda found: f"{DOCKER}/" if found["alone"] is None else f"{DOCKER}/library/",
        full_name(image),
    )


def is_at(image: str, place: str) -> bool:
    """Whether an image is the one of this name, in its own registry or as a copy in another."""
    return image == place or image.endswith(f"/{place}")


def ecr_region(registry: str) -> str | None:
    """The region of a registry in Amazon ECR; none if it is another's."""
    found = re.fullmatch(_ECR, registry.partition("/")[0])
    return found["region"] if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageNames:
    """How the platform names images.

    Attributes:
        registry: Registry with copies of all, if they do not come from their own.
        digests: Digests by full name.
    """

    registry: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes_nothing(self) -> bool:
        """Whether every image keeps the name that it has."""
        return self.registry is None and not self.digests

    def of(self, image: str) -> str:
        """The name of an image, the same if it is one of ours already."""
        if self.registry and image.startswith(f"{self.registry}/"):
            return image
        full = full_name(image)
        digest = self.digests.get(full)
        if digest and "@" not in full:
            full = f"{full}@{digest}"
        elif self.registry is None:
            return image
        return f"{self.registry}/{full}" if self.registry else full


def rename_images(rendered: Rendered, names: ImageNames) -> Rendered:
    """A component that names all its images so."""
    if names.changes_nothing:
        return rendered
    return replace(rendered, objects=renamed_objects(rendered.objects, names))


def renamed_objects(
    objects: Iterable[KubernetesObject], names: ImageNames
) -> list[KubernetesObject]:
    """Objects that name all their images so; CRDs name none."""
    return [_trusted(map_images(item, names.of), names) for item in objects]


def check_digests(components: Iterable[Rendered], digests: Mapping[str, str]) -> None:
    """Refuse a digest of an image that no component names.

    Raises:
        UserError: The text names the image.
    """
    if not digests:
        return
    named = {image for one in components for image in images_of(one.objects)}
    for image in sorted(digests):
        if image not in named:
            raise UserError(
                f"images.digests: {image} is no image of this deployment; "
                "`./kubeflow-aws images` lists them"
            )


def images_of(objects: Iterable[KubernetesObject]) -> set[str]:
    """The full names of all images, hidden ones included; without a version where none is given."""
    found: set[str] = set()

    def collect(image: str) -> str:
        found.add(full_name(image))
        return image

    for item in objects:
        map_images(item, collect)
    # Where name and version stand apart, the name is found a second time by itself.
    versioned = {parse_reference(image).name for image in found if parse_reference(image).tag}
    return {
        image
        for image in found
        if image not in versioned and not any(is_at(image, part) for part in PARTS)
    }


def map_images(item: KubernetesObject, name: Callable[[str], str]) -> KubernetesObject:
    """An object with a function applied to each image in it, hidden ones included.

    Args:
        item: The object; a CRD names no images and stays as it is.
        name: Gives the new name of an image for the one that stands there, short or full. Where
            name and version stand apart, a digest in the answer is left out.
    """
    if item.get("kind") == CRD:
        return item
    return {key: _value(value, key, name) for key, value in item.items()}


def _value(node: JsonValue, key: str, name: Callable[[str], str]) -> JsonValue:
    if isinstance(node, dict):
        # What an environment variable is stands in its name.
        variable = str(node.get("name") or "value")
        return {
            each: value
            if each == EXAMPLE
            else _value(value, variable if each == "value" else each, name)
            for each, value in node.items()
        }
    if isinstance(node, list):
        return [_value(value, key, name) for value in node]
    return _text(node, key, name) if isinstance(node, str) else node


def _text(text: str, key: str, name: Callable[[str], str]) -> str:
    return _renamed(text, key, name) if _names_images(text, key) else text


@cache
def _names_images(text: str, key: str) -> bool:
    """Whether a text is to be looked at: a synth asks four times, and few texts name an image."""
    found = False

    def see(image: str) -> str:
        nonlocal found
        found = True
        return image

    return _renamed(text, key, see) != text or found


def _renamed(text: str, key: str, name: Callable[[str], str]) -> str:
    if _IS_IMAGE.match(key) and _WHOLE.match(text) and not NAMED.match(text):
        return name(text)
    text = map_versions_beside(map_with_hub(text, name), name)
    text = NAMED.sub(lambda found: name(found[1]), text)
    # A line by itself is prose, unless it is JSON, or the key and the image are all of it.
    if (
        "\n" in text
        or text.lstrip().startswith(("{", "["))
        or _IN_TEXT.fullmatch(text.strip().rstrip("\"'"))
    ):
        text = _IN_TEXT.sub(lambda found: found[1] + _unless_named(found[2], name), text)
    return text


def _unless_named(image: str, name: Callable[[str], str]) -> str:
    """An image in a text that has no registry; those that have one are renamed already.

    A bare word is none: `proxyv2` to which Istio adds hub and tag, or `true`.
    """
    bare = "/" not in image and ":" not in image
    return image if bare or _has_registry(image) else name(image)


def _has_registry(image: str) -> bool:
    first, slash, _ = image.partition("/")
    return bool(slash) and ("." in first or ":" in first)


def _trusted(item: KubernetesObject, names: ImageNames) -> KubernetesObject:
    """Let Knative take names from a private registry as they are.

    It would ask the registry for digests, with credentials that its controller does not have.
    """
    key, data = key_of(item), item.get("data")
    if key.name != "config-deployment" or not names.registry or not isinstance(data, dict):
        return item
    host = names.registry.partition("/")[0]
    known = str(data.get("registries-skipping-tag-resolving") or "kind.local,ko.local,dev.local")
    skipped = known if host in known.split(",") else f"{known},{host}"
    return {**item, "data": {**data, "registries-skipping-tag-resolving": skipped}}


def by_component(components: Iterable[Rendered]) -> Iterator[tuple[str, list[str]]]:
    """Each image with the components that name it, sorted."""
    users: dict[str, list[str]] = {}
    for one in components:
        for image in images_of(one.objects):
            users.setdefault(image, []).append(one.component.name)
    yield from sorted(users.items())
