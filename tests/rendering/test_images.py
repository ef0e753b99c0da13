"""Every container image is found and renamed wherever it hides, and nothing else is."""

from __future__ import annotations

import json

import pytest

from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.images import (
    ImageNames,
    canonical_name,
    full_name,
    images_of,
    renamed_objects,
)
from tests.support.images import DIGEST, ECR, REGISTRY, item

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
