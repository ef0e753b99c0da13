"""Every container image is found, and comes from one registry if the file says so."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from pathlib import Path

import pytest

from kubeflow_aws.checks.kubernetes_rules import kubernetes_rules
from kubeflow_aws.checks.object_rule import ObjectRule
from kubeflow_aws.cli.images import copy_lines, image_lines, registry_of
from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.images import Images
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.component import load_components
from kubeflow_aws.manifests.floors import load_floors
from kubeflow_aws.manifests.images import (
    ImageNames,
    canonical_name,
    ecr_region,
    full_name,
    images_of,
    renamed_objects,
)
from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject, key_of
from kubeflow_aws.manifests.platform import FLOORS_FILE, Platform
from kubeflow_aws.manifests.render import Rendered
from kubeflow_aws.manifests.sources import Origin
from tests.support.assembly import findings, synthesize
from tests.support.deployments import variation
from tests.support.platforms import best_of, sample_of
from tests.support.refusals import DEX_USERS, WEST, assert_refused

REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com/kubeflow"
DIGEST = f"sha256:{'a' * 64}"
MIRRORED: dict[str, JsonValue] = {"images": {"registry": REGISTRY}}
ELSEWHERE = re.compile(
    r"(?<![\w./-])(?!123456789012\.dkr|111122223333\.dkr)"
    r"(?:[a-z0-9-]+\.)+(?:io|aws|com|dev)/[a-z0-9][\w./-]*[a-z0-9](?::[\w.-]+|@sha256:\w+)"
)
"""Whatever looks like a reference to a registry but ours and the file's own, written anew here."""

PROJECT = Path(__file__).resolve().parents[2]
OPTIONS = (
    "vanilla",
    "rds-s3",
    "rds-only",
    "s3-only",
    "cognito",
    "cognito-rds-s3",
    "cognito-rds-only",
    "cognito-s3-only",
)
NO_IMAGES = ("annotations", "_example")


def item(kind: str, name: str = "one", **fields: JsonValue) -> KubernetesObject:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}


HIDDEN: dict[str, tuple[KubernetesObject, str]] = {
    "container": (
        item("Pod", spec={"containers": [{"image": "mysql:8.4"}]}),
        "docker.io/library/mysql:8.4",
    ),
    "custom resource": (
        item("ClusterStorageContainer", spec={"container": {"image": "kserve/init:v1"}}),
        "docker.io/kserve/init:v1",
    ),
    "argument": (
        item("Pod", spec={"args": ["--executor-image", "quay.io/argoproj/argoexec:v4.0.5"]}),
        "quay.io/argoproj/argoexec:v4.0.5",
    ),
    "argument after an equals sign": (
        item("Pod", spec={"args": ["--solver-image=quay.io/jetstack/solver:v1"]}),
        "quay.io/jetstack/solver:v1",
    ),
    "environment": (
        item("Pod", spec={"env": [{"name": "V2", "value": "ghcr.io/kubeflow/kfp-driver:2.17.0"}]}),
        "ghcr.io/kubeflow/kfp-driver:2.17.0",
    ),
    "environment, without a registry": (
        item("Pod", spec={"env": [{"name": "VIEWER_IMAGE", "value": "files/viewer:v2"}]}),
        "docker.io/files/viewer:v2",
    ),
    "ConfigMap's key": (
        item("ConfigMap", data={"TENSORBOARD_IMAGE": "tensorflow/tensorflow:2.5.1"}),
        "docker.io/tensorflow/tensorflow:2.5.1",
    ),
    "JSON in a ConfigMap": (
        item("ConfigMap", data={"agent": '{\n "image" : "kserve/agent:v1",\n "cpu": "1"}'}),
        "docker.io/kserve/agent:v1",
    ),
    "JSON on one line": (
        item("ConfigMap", data={"agent": '{"image": "kserve/agent:v1", "cpu": "1"}'}),
        "docker.io/kserve/agent:v1",
    ),
    "YAML with single quotes": (
        item("ConfigMap", data={"config": "a:\n  image: 'kserve/agent:v1'\n"}),
        "docker.io/kserve/agent:v1",
    ),
    "YAML on one line": (
        item("ConfigMap", data={"config": "image: 'mysql:8.4'"}),
        "docker.io/library/mysql:8.4",
    ),
    "Docker's old name": (
        item("Pod", spec={"args": ["--image=index.docker.io/library/mysql:8.4"]}),
        "index.docker.io/library/mysql:8.4",
    ),
    "YAML in a ConfigMap": (
        item("ConfigMap", data={"config": "a:\n  image: ghcr.io/katib/suggestion:v1\n"}),
        "ghcr.io/katib/suggestion:v1",
    ),
    "Python in a ConfigMap": (
        item("ConfigMap", data={"sync.py": 'IMAGE = get("I", "ghcr.io/kfp-frontend")\n'}),
        "ghcr.io/kfp-frontend",
    ),
    "hub beside its tag": (
        item(
            "ConfigMap",
            data={
                "values": '{"hub":"registry.istio.io/release","tag":"1.2","a":{"image":"proxyv2"}}'
            },
        ),
        "registry.istio.io/release/proxyv2:1.2",
    ),
    "version beside its image": (
        item(
            "ConfigMap",
            data={"a": '{\n "image" : "kserve/art",\n "defaultImageVersion": "v1"\n}'},
        ),
        "docker.io/kserve/art:v1",
    ),
    "digest": (
        item("Image", spec={"image": f"gcr.io/knative/queue@{DIGEST}"}),
        f"gcr.io/knative/queue@{DIGEST}",
    ),
}

APART = {"hub beside its tag": "/", "version beside its image": ":"}
"""What joins the parts of an image that stand apart."""

NONE: dict[str, KubernetesObject] = {
    "URL": item("ConfigMap", data={"help": "see https://quay.io/repository/one:latest\n"}),
    "part of Istio's": item("ConfigMap", data={"values": '{\n"image": "proxyv2", "tag": "1.2"}'}),
    "switch": item("ConfigMap", data={"form": "allowCustomImage: true\nimage: true\n"}),
    "definition": item("CustomResourceDefinition", spec={"image": "ghcr.io/one/two:v1"}),
    "documentation": item("ConfigMap", data={"_example": "image: ghcr.io/one/two:v1\n"}),
    "prose": item("ConfigMap", data={"help": "The image: kserve/agent:v1 is old"}),
    "group of an API": item("ConfigMap", data={"group": "serving.kserve.io/v1beta1"}),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_an_image_is_found_and_renamed_wherever_it_is(where: str) -> None:
    hidden, image = HIDDEN[where]

    assert images_of([hidden]) == {image}
    renamed = renamed_objects([hidden], ImageNames(registry=REGISTRY))
    name = image if where not in APART else image.rpartition(APART[where])[0]
    assert f"{REGISTRY}/{name}" in json.dumps(renamed)
    assert images_of(renamed) == {f"{REGISTRY}/{image}"}


@pytest.mark.parametrize("what", NONE)
def test_what_is_no_image_stays_as_it_is(what: str) -> None:
    assert images_of([NONE[what]]) == set()
    assert renamed_objects([NONE[what]], ImageNames(registry=REGISTRY)) == [NONE[what]]


def test_a_version_that_stands_beside_its_image_is_listed_with_it() -> None:
    text = '{"art": {\n  "image" : "kserve/explainer",\n  "defaultImageVersion": "v1"}}'

    assert images_of([item("ConfigMap", data={"explainers": text})]) == {
        "docker.io/kserve/explainer:v1"
    }


ECR = {
    "123456789012.dkr.ecr.us-west-2.amazonaws.com": "us-west-2",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn": "cn-north-1",
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com": "us-gov-west-1",
    "123456789012.dkr-ecr.eu-west-1.on.aws": "eu-west-1",
    "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu": "eusc-de-east-1",
}


@pytest.mark.parametrize("registry", [*ECR, "registry.example.com", "registry.example.com:5000"])
@pytest.mark.parametrize("path", ["", "/kubeflow", "/teams/ml/kubeflow"])
@pytest.mark.parametrize("where", HIDDEN)
def test_what_has_another_registry_is_found_and_stays(where: str, path: str, registry: str) -> None:
    """What the rules see of a deployment that takes all images from its own registry."""
    hidden, image = HIDDEN[where]
    names = ImageNames(registry=f"{registry}{path}")

    renamed = renamed_objects([hidden], names)

    assert images_of(renamed) == {f"{registry}{path}/{image}"}
    assert renamed_objects(renamed, names) == renamed


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


def test_names_do_not_change_twice() -> None:
    names = ImageNames(registry=REGISTRY)
    once = renamed_objects([hidden for hidden, _ in HIDDEN.values()], names)

    assert renamed_objects(once, names) == once


def test_a_hub_is_led_to_the_registry() -> None:
    values = item("ConfigMap", data={"values": '{"hub": "gcr.io/istio-release"}'})

    [renamed] = renamed_objects([values], ImageNames(registry=REGISTRY))

    assert f"{REGISTRY}/gcr.io/istio-release" in json.dumps(renamed)


def test_a_known_digest_stands_behind_the_tag() -> None:
    names = ImageNames(digests={"docker.io/library/mysql:8.4": DIGEST})

    assert names.of("mysql:8.4") == f"docker.io/library/mysql:8.4@{DIGEST}"
    assert names.of("mysql:8.0") == "mysql:8.0"


def test_knative_takes_names_of_a_private_registry_as_they_are() -> None:
    config = item(
        "ConfigMap", name="config-deployment", data={"queue-sidecar-image": "gcr.io/a/q:1"}
    )

    [renamed] = renamed_objects([config], ImageNames(registry=REGISTRY))

    data = renamed["data"]
    assert isinstance(data, dict)
    assert REGISTRY.partition("/")[0] in str(data["registries-skipping-tag-resolving"])


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("mysql:8.4", "docker.io/library/mysql:8.4"),
        ("kserve/agent:v1", "docker.io/kserve/agent:v1"),
        ("quay.io/a/b:1", "quay.io/a/b:1"),
        ("localhost:5000/a:1", "localhost:5000/a:1"),
    ],
)
def test_a_short_name_is_one_of_docker(image: str, name: str) -> None:
    assert full_name(image) == name


@pytest.mark.parametrize(
    "image",
    [
        "mysql:8.4",
        "docker.io/mysql:8.4",
        "index.docker.io/mysql:8.4",
        "index.docker.io/library/mysql:8.4",
        "docker.io/library/mysql:8.4",
    ],
)
def test_dockers_image_has_one_name_to_compare(image: str) -> None:
    assert canonical_name(image) == "docker.io/library/mysql:8.4"
    copy = f"{REGISTRY}/{full_name(image)}"
    assert canonical_name(copy) == f"{REGISTRY}/docker.io/library/mysql:8.4"


@pytest.mark.parametrize(
    "image",
    ["docker.io/kserve/agent:v1", "quay.io/a/b:1", "a.io/mydocker.io/b:1", f"{REGISTRY}/mysql:1"],
)
def test_another_image_keeps_its_name_to_compare(image: str) -> None:
    assert canonical_name(image) == image


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


def with_and_without(option: Deployment) -> list[Deployment]:
    """An option with its images' own registries, and with one registry for all."""
    return [option, variation(option, MIRRORED)]


def broken(platform: Platform, rules: Iterable[ObjectRule]) -> set[tuple[str, str, str]]:
    """What breaks a rule, with the object; what an overlay acknowledges is found like all else."""
    return {
        (rule.id, str(key_of(each)), what.replace(f"{REGISTRY}/", ""))
        for one in platform.components
        for each in one.objects
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
def test_every_option_takes_all_from_a_registry_in_ecr_and_keeps_the_rules(
    name: str, sample_cache: Path, tmp_path: Path
) -> None:
    option = load_deployment(PROJECT / "deployments" / f"{name}.yaml")
    mirrored = variation(option, MIRRORED)

    assert findings(mirrored, sample_of(mirrored, sample_cache), tmp_path) == []


def test_nothing_of_the_sample_comes_from_another_registry(
    data_plane: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    deployment = variation(data_plane, MIRRORED)
    assembly = synthesize(deployment, sample_of(deployment, sample_cache), tmp_path)

    objects = list(assembly.objects())

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
        objects = [each for one in mirrored for part in one.components for each in part.objects]

        assert elsewhere(objects) == []
        assert all(image.startswith((REGISTRY, "111122223333")) for image in images_of(objects))

    @pytest.mark.parametrize("name", OPTIONS)
    def test_every_option_keeps_the_rules(self, name: str, upstream_platform: Platform) -> None:
        assert upstream_platform.components
        option = load_deployment(PROJECT / "deployments" / f"{name}.yaml")
        rules = kubernetes_rules(load_floors(PROJECT / "manifests" / FLOORS_FILE))

        plain, mirrored = (broken(best_of(each), rules) for each in with_and_without(option))

        assert mirrored == plain

    def test_the_independent_search_sees_what_is_there(self, upstream_platform: Platform) -> None:
        objects = [each for one in upstream_platform.components for each in one.objects]

        assert len(elsewhere(objects)) > 60

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
