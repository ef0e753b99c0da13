"""All images come from one registry if the file says so, and are copied there."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import pytest

from kubeflow_aws.checks.kubernetes_rules import kubernetes_rules
from kubeflow_aws.cli.images import copy_lines, image_lines, registry_of
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.images import Images
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.floors import load_floors
from kubeflow_aws.rendering.images import ecr_region, images_of
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from kubeflow_aws.rendering.render import Rendered
from kubeflow_aws.upstream.sources import Origin
from tests.support.assembly import CheckedAssembly, checked, findings
from tests.support.deployments import option_of, variation
from tests.support.images import DIGEST, ECR, REGISTRY, item
from tests.support.platforms import best_of, sample_of
from tests.support.refusals import DEX_USERS, WEST, assert_refused

MIRRORED: dict[str, JsonValue] = {"images": {"registry": REGISTRY}}
ELSEWHERE = re.compile(
    r"(?<![\w./-])(?!123456789012\.dkr|111122223333\.dkr)"
    r"(?:[a-z0-9-]+\.)+(?:io|aws|com|dev)/[a-z0-9][\w./-]*[a-z0-9](?::[\w.-]+|@sha256:\w+)"
)
"""Whatever looks like a reference to a registry but ours and the file's own, written anew here."""

PROJECT = Path(__file__).resolve().parents[2]
OPTIONS = tuple(preset.value for preset in Preset)
NO_IMAGES = ("annotations", "_example")


@pytest.mark.parametrize("host", ECR)
def test_a_registry_in_ecr_has_a_region(host: str) -> None:
    assert ecr_region(f"{host}/kubeflow") == ECR[host]


@pytest.mark.parametrize("registry", ["registry.example.com/a", "public.ecr.aws/a", "dkr.ecr.a.b"])
def test_another_registry_has_none(registry: str) -> None:
    assert ecr_region(registry) is None


def test_the_copies_for_each_kind_of_ecr_address_make_their_repositories(
    sample_platform: Platform,
) -> None:
    for host, region in ECR.items():
        lines = list(copy_lines(sample_platform, f"{host}/kubeflow", Images()))

        makers = [line for line in lines if "create-repository" in line]
        assert len(makers) == len(lines) / 2
        assert all(f"--region {region} --repository-name kubeflow/" in line for line in makers)


@pytest.mark.parametrize(
    "registry",
    [
        "https://registry.example.com/kubeflow",
        "registry.example.com/kubeflow/",
        "Registry.example.com",
        "registry",
        "registry.example.com/kube flow",
    ],
)
def test_what_is_no_registry_is_refused(registry: str, tmp_path: Path) -> None:
    text = f"preset: vanilla\n{WEST}{DEX_USERS}images: {{registry: '{registry}'}}\n"

    assert_refused(text, "images.registry: found", tmp_path)
    with pytest.raises(UserError, match="without https:// and without a slash at its end"):
        registry_of(registry)


def test_what_has_neither_version_nor_digest_is_not_copied(project: Path) -> None:
    component = load_components(project / "manifests" / "components")["istio"]
    images: list[JsonValue] = ["a/none", "a/tag:v1", f"a/digest@{DIGEST}"]
    objects = [item("Pod", spec={"containers": [{"image": image} for image in images]})]
    platform = Platform(
        origin=Origin.UPSTREAM,
        release="26.03.1",
        components=[Rendered(component=component, objects=objects)],
    )

    lines = list(copy_lines(platform, "registry.example.com", Images()))

    assert lines == [
        f"crane copy docker.io/a/digest@{DIGEST} "
        f"registry.example.com/docker.io/a/digest:sha256-{'a' * 12}",
        "# docker.io/a/none has no version: what it is changes, so it is not copied; name one",
        "crane copy docker.io/a/tag:v1 registry.example.com/docker.io/a/tag:v1",
    ]


def test_a_registry_of_the_command_line_is_taken_as_it_is() -> None:
    assert registry_of(REGISTRY) == REGISTRY


def test_a_digest_of_no_image_is_refused(vanilla: Deployment, sample_cache: Path) -> None:
    wrong = variation(vanilla, {"images": {"digests": {"docker.io/library/mysql:1": DIGEST}}})

    with pytest.raises(
        UserError, match=r"docker\.io/library/mysql:1 is no image of this deployment"
    ):
        sample_of(wrong, sample_cache)


def texts(node: JsonValue, key: str = "") -> Iterable[str]:
    """Every text of an object but those that name no images."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in NO_IMAGES:
                yield from texts(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value, key)
    elif isinstance(node, str):
        yield node


def short_names(node: JsonValue) -> Iterable[str]:
    """Images of environment variables that name no registry, which stands for Docker's."""
    if isinstance(node, dict):
        value = node.get("value")
        is_image = str(node.get("name")).endswith("_IMAGE") and isinstance(value, str)
        if is_image and not str(value).startswith((REGISTRY, "111122223333")):
            yield str(value)
        for below in node.values():
            yield from short_names(below)
    elif isinstance(node, list):
        for below in node:
            yield from short_names(below)


def broken(platform: Platform) -> set[tuple[str, str, str]]:
    """What breaks a rule, with the object; what an overlay acknowledges is found like all else."""
    rules = kubernetes_rules(load_floors(PROJECT / "manifests" / FLOORS_FILE))
    return {
        (rule.id, str(key_of(each)), what.replace(f"{REGISTRY}/", ""))
        for each in platform.objects
        for rule in rules
        for what in rule.breaks(each)
    }


def elsewhere(objects: Collection[KubernetesObject]) -> list[str]:
    """References to other registries, with the objects that have them."""
    return [
        f"{key_of(each)}: {found}"
        for each in objects
        if each["kind"] != "CustomResourceDefinition"
        for text in texts(each)
        for found in ELSEWHERE.findall(text)
    ] + [f"{key_of(each)}: {image}" for each in objects for image in short_names(each)]


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_keeps_the_rules_with_a_registry_of_its_own(
    name: str, sample_option: Callable[[str], Platform], sample_cache: Path
) -> None:
    mirrored = sample_of(variation(option_of(name), MIRRORED), sample_cache)

    assert broken(mirrored) == broken(sample_option(name))


@pytest.fixture(scope="module")
def checked_mirrored(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """The data plane with all images from one registry."""
    deployment = variation(data_plane, MIRRORED)
    return checked(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("mirrored")
    )


def test_no_unacknowledged_finding_with_a_registry_in_ecr(
    checked_mirrored: CheckedAssembly, sample_cache: Path, tmp_path: Path
) -> None:
    option = variation(option_of("cognito-rds-s3"), MIRRORED)

    assert checked_mirrored.findings == []
    assert findings(option, sample_of(option, sample_cache), tmp_path) == []


def test_nothing_of_the_sample_comes_from_another_registry(
    checked_mirrored: CheckedAssembly,
) -> None:
    objects = list(checked_mirrored.assembly.objects())

    assert elsewhere(objects) == []
    assert all(image.startswith((REGISTRY, "111122223333")) for image in images_of(objects))


class TestUpstream:
    """The real sources, which hide more than the sample."""

    pytestmark = pytest.mark.upstream

    def test_nothing_comes_from_another_registry(
        self, vanilla: Deployment, data_plane: Deployment, upstream_platform: Platform
    ) -> None:
        assert upstream_platform.components
        mirrored = [best_of(variation(each, MIRRORED)) for each in (vanilla, data_plane)]
        objects = [each for platform in mirrored for each in platform.objects]

        assert elsewhere(objects) == []
        assert all(image.startswith((REGISTRY, "111122223333")) for image in images_of(objects))

    @pytest.mark.parametrize("name", OPTIONS)
    def test_every_option_keeps_the_rules(self, name: str, upstream_platform: Platform) -> None:
        assert upstream_platform.components
        option = option_of(name)

        assert broken(best_of(variation(option, MIRRORED))) == broken(best_of(option))

    def test_the_independent_search_sees_what_is_there(self, upstream_platform: Platform) -> None:
        assert len(elsewhere(upstream_platform.objects)) > 60

    def test_the_list_has_the_hidden_ones(self, upstream_platform: Platform) -> None:
        lines = list(image_lines(upstream_platform, Images()))
        listed = {line.partition("  #")[0] for line in lines}

        for image in (
            "quay.io/argoproj/argoexec:v4.0.5",
            "ghcr.io/kubeflow/kfp-driver:2.17.0",
            "ghcr.io/kubeflow/kfp-launcher:2.17.0",
            "public.ecr.aws/docker/library/busybox:1.37.0",
            "ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19.0",
            "ghcr.io/kubeflow/katib/file-metrics-collector:v0.19.0",
            "docker.io/kserve/storage-initializer:v0.18.0",
            "docker.io/kserve/agent:v0.18.0",
            "docker.io/kserve/art-explainer:v0.18.0",
            "docker.io/filebrowser/filebrowser:v2.32.0",
            "docker.io/tensorflow/tensorflow:2.5.1",
            "quay.io/jetstack/cert-manager-acmesolver:v1.20.2",
            "ghcr.io/kubeflow/kubeflow/notebook-servers/jupyter-scipy:v1.11.0",
            "registry.istio.io/release/proxyv2:1.30.4",
        ):
            assert image in listed
        assert any("knative.dev/serving/cmd/queue@sha256:" in image for image in listed)

    def test_every_image_has_a_copy_command(self, upstream_platform: Platform) -> None:
        lines = list(copy_lines(upstream_platform, REGISTRY, Images()))
        copies = [line for line in lines if line.startswith("crane copy ")]

        # A tag `latest` could be pushed once only to a repository whose tags are immutable.
        assert all(":" in copy.rpartition("/")[2] for copy in copies)
        assert not [copy for copy in copies if copy.endswith(":latest")]

        assert len(copies) == len(list(image_lines(upstream_platform, Images())))
        assert (
            "crane copy docker.io/kserve/agent:v0.18.0 "
            f"{REGISTRY}/docker.io/kserve/agent:v0.18.0" in copies
        )
        assert any("--repository-name kubeflow/docker.io/kserve/agent --" in line for line in lines)
