"""Images below their floor are raised wherever they hide, and none is lowered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.floors import Floor, below_floors, raise_images, raised_name
from kubeflow_aws.rendering.images import images_of
from kubeflow_aws.rendering.render import Rendered
from tests.support.floors import NEW, OLD, PROXY, floor


def item(kind: str, **fields: JsonValue) -> KubernetesObject:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "one"}, **fields}


def raised(project: Path, hidden: KubernetesObject, floors: list[Floor]) -> KubernetesObject:
    component = load_components(project / "manifests" / "components")["istio"]
    [found] = raise_images(Rendered(component=component, objects=[hidden]), floors).objects
    return found


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (f"{PROXY}:1.30.1", f"{PROXY}:1.30.4"),
        (f"{PROXY}:v1.30.1", f"{PROXY}:v1.30.4"),
        (f"{PROXY}:1.9.20", f"{PROXY}:1.30.4"),
        (f"{PROXY}:1.30", f"{PROXY}:1.30.4"),
        # A variant stays one, a candidate does not.
        (f"{PROXY}:1.30.1-distroless", f"{PROXY}:1.30.4-distroless"),
        (f"{PROXY}:1.30.4-rc.1", f"{PROXY}:1.30.4"),
        (f"{PROXY}:1.30.4-alpha.4f2c", f"{PROXY}:1.30.4"),
        (f"{PROXY}:1.30.0-rc.1-distroless", f"{PROXY}:1.30.4-distroless"),
        (f"{PROXY}:1.30.0rc1-distroless", f"{PROXY}:1.30.4-distroless"),
        (f"{PROXY}:1.30-alpha.{'4f2c' * 10}-debug", f"{PROXY}:1.30.4-debug"),
        (f"{PROXY}:1.30.0-dev-debug", f"{PROXY}:1.30.4-debug"),
        # The digest is the old version's.
        (f"{PROXY}:1.30.1@{OLD}", f"{PROXY}:1.30.4"),
        (f"r.example.com/copies/{PROXY}:1.30.1", f"r.example.com/copies/{PROXY}:1.30.4"),
    ],
)
def test_what_is_below_is_raised(image: str, name: str) -> None:
    assert raised_name(image, [floor()]) == name


@pytest.mark.parametrize(
    "image",
    [
        f"{PROXY}:1.30.4",
        f"{PROXY}:1.30.4@{OLD}",
        f"{PROXY}:1.30.5",
        f"{PROXY}:1.31.0-rc.0",
        f"{PROXY}:2",
        f"{PROXY}:1.30.4-distroless",
        # Nobody can tell what version these are.
        f"{PROXY}:latest",
        f"{PROXY}:1a2b3c4d",
        f"{PROXY}:1.30.1a2b3c4d",
        f"{PROXY}:0123abcd",
        f"{PROXY}@{OLD}",
        PROXY,
        # Others.
        f"{PROXY}-debug:1.0",
        "ghcr.io/somebody/proxyv2:1.0",
        "proxyv2:1.0",
    ],
)
def test_what_is_not_below_stays_as_it_is(image: str) -> None:
    assert raised_name(image, [floor()]) == image


def test_a_short_name_stays_short() -> None:
    assert raised_name("mysql:8.0", [floor("docker.io/library/mysql", "8.4")]) == "mysql:8.4"


@pytest.mark.parametrize(
    "name",
    [
        "docker.io/mysql",
        "index.docker.io/mysql",
        "index.docker.io/library/mysql",
        "r.example.com/copies/docker.io/mysql",
    ],
)
def test_another_spelling_of_docker_has_the_floor_and_stays(name: str) -> None:
    assert raised_name(f"{name}:8.0", [floor("docker.io/library/mysql", "8.4")]) == f"{name}:8.4"


def test_the_same_image_of_another_folder_has_the_floor() -> None:
    elsewhere = floor(also_from=("gcr.io/istio-release", "docker.io/istio"))

    assert raised_name("gcr.io/istio-release/proxyv2:1.2", [elsewhere]).endswith(":1.30.4")
    assert raised_name("istio/proxyv2:1.2", [elsewhere]) == "istio/proxyv2:1.30.4"
    assert raised_name("istio/pilot:1.2", [elsewhere]) == "istio/pilot:1.2"


def test_a_known_digest_pins_exactly_its_version() -> None:
    pinned = floor(digests={PROXY: NEW})

    assert raised_name(f"{PROXY}:1.30.1@{OLD}", [pinned]) == f"{PROXY}:1.30.4@{NEW}"
    assert raised_name(f"{PROXY}:1.30.1-debug", [pinned]) == f"{PROXY}:1.30.4-debug"


HIDDEN: dict[str, KubernetesObject] = {
    "container": item("Pod", spec={"containers": [{"image": f"{PROXY}:1.30.1"}]}),
    "argument": item("Pod", spec={"args": [f"--image={PROXY}:1.30.1"]}),
    "environment": item("Pod", spec={"env": [{"name": "A_IMAGE", "value": f"{PROXY}:1.30.1"}]}),
    "custom resource": item("ProxyConfig", spec={"image": f"{PROXY}:1.30.1"}),
    "YAML in a ConfigMap": item("ConfigMap", data={"a": f"a:\n  image: {PROXY}:1.30.1\n"}),
    "JSON on one line": item("ConfigMap", data={"a": f'{{"image": "{PROXY}:1.30.1"}}'}),
    "Python in a ConfigMap": item("ConfigMap", data={"a.py": f'X = "{PROXY}:1.30.1"\n'}),
}


@pytest.mark.parametrize("where", HIDDEN)
def test_it_is_raised_wherever_it_hides(where: str, project: Path) -> None:
    hidden = HIDDEN[where]

    found = raised(project, hidden, [floor()])

    assert images_of([found]) == {f"{PROXY}:1.30.4"}
    assert json.dumps(found) == json.dumps(hidden).replace("1.30.1", "1.30.4")


def injector(text: str) -> KubernetesObject:
    return item("ConfigMap", data={"values": text})


def values(tag: str, hub: str = "registry.istio.io/release") -> dict[str, JsonValue]:
    proxy: JsonValue = {"image": "proxyv2", "resources": {}}
    return {"global": {"hub": hub, "proxy": proxy, "proxy_init": proxy, "tag": tag}, "ü": "é"}


def test_the_injected_sidecar_is_raised_and_nothing_else_of_the_text_changes(
    project: Path,
) -> None:
    """As Istio writes it: JSON, two spaces, keys in order."""
    text = json.dumps(values("1.30.1"), indent=2, ensure_ascii=False) + "\n"

    found = raised(project, injector(text), [floor()])

    assert found == injector(text.replace("1.30.1", "1.30.4"))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(values("1.30.4"), indent=3),
        json.dumps(values("1.30.1", "docker.io/somebody")),
        json.dumps(values("latest")),
        '{"hub": "registry.istio.io/release", "tag": ""}',
        '{"hub": "registry.istio.io/release", "tag": "1.30.1", and no JSON at all',
    ],
)
def test_another_text_with_a_hub_stays_as_it_is(text: str, project: Path) -> None:
    assert raised(project, injector(text), [floor()]) == injector(text)


def test_a_version_beside_its_image_is_raised(project: Path) -> None:
    text = '{"art": {\n  "image" : "kserve/art",\n  "defaultImageVersion": "v0.18.0"}}'

    found = raised(project, injector(text), [floor("docker.io/kserve/art", "0.18.2")])

    assert found == injector(text.replace("0.18.0", "0.18.2"))


def test_a_definition_stays_as_it_is(project: Path) -> None:
    definition = item("CustomResourceDefinition", spec={"image": f"{PROXY}:1.0"})

    assert raised(project, definition, [floor()]) == definition


def test_what_was_raised_is_below_no_more() -> None:
    low = item("Pod", spec={"image": f"{PROXY}:1.30.1"})

    [below] = below_floors([low], [floor()])
    assert below.image == f"{PROXY}:1.30.1"
    assert not list(below_floors([item("Pod", spec={"image": f"{PROXY}:1.30.4"})], [floor()]))
