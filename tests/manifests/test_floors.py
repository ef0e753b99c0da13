"""Images below their floor are raised wherever they hide, and none is lowered."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.component import load_components
from kubeflow_aws.manifests.floors import (
    Floor,
    Until,
    below_floors,
    check_floors,
    idle_floors,
    load_floors,
    raise_images,
    raised_name,
)
from kubeflow_aws.manifests.image_reference import parse_version, release_of
from kubeflow_aws.manifests.images import images_of
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject
from kubeflow_aws.manifests.platform import FLOORS_FILE, Platform
from kubeflow_aws.manifests.render import Rendered
from tests.support.deployments import variation
from tests.support.platforms import all_variants_of, best_of

PROXY = "registry.istio.io/release/proxyv2"
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def floor(
    image: str = PROXY,
    least: str = "1.30.4",
    *,
    also_from: tuple[str, ...] = (),
    until: Until | None = None,
    digests: dict[str, str] | None = None,
) -> Floor:
    return Floor(
        images=(image,),
        also_from=also_from,
        least=least,
        why="Older ones have a hole that is known.",
        link="https://example.com/advisory",
        read_on=date(2026, 11, 30),
        until=until,
        digests=digests or {},
    )


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


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("1.30.4-rc.1", "1.30.4"),
        ("1.30.4-rc.1", "1.30.4-rc.2"),
        ("26.03.1-rc.2", "26.03.1"),
        ("v1.30.3", "1.30.4-distroless"),
        ("2.17.0rc1", "2.17.0"),
        ("1.0-dev.9", "1.0-alpha.1"),
        ("1.0-alpha.9", "1.0-beta.1"),
        ("1.0-beta.2", "1.0-pre.1"),
        ("1.0-pre.2", "1.0-rc.1"),
        ("1.0-beta.2", "1.0-rc.1"),
        ("1.0-alpha.9fff", "1.0-beta.1"),
    ],
)
def test_versions_have_an_order(older: str, newer: str) -> None:
    first, second = parse_version(older), parse_version(newer)

    assert first is not None
    assert second is not None
    assert first < second


def test_versions_that_say_the_same_are_the_same() -> None:
    assert parse_version("v1.30") == parse_version("1.30.0") == parse_version("1.30-slim")


@pytest.mark.parametrize("tag", ["latest", "1a2b3c4d", "1.30.4a2b3c4d", "8u292", "main-1.2"])
def test_what_is_no_version_is_none(tag: str) -> None:
    assert parse_version(tag) is None
    assert not release_of(tag)


class TestNeed:
    """Whether a floor is needed, seen over all components in all variants."""

    def test_a_floor_for_nothing_is_refused(self) -> None:
        with pytest.raises(
            UserError, match=r"image-floors\.yaml: registry\.istio\.io/release/proxyv2: no compon"
        ):
            check_floors([floor()], {"docker.io/a/b:1"}, (), file="manifests/image-floors.yaml")

    @pytest.mark.parametrize("named", [f"{PROXY}:1.2", f"{PROXY}@{OLD}"])
    def test_a_floor_for_something_is_not(self, named: str) -> None:
        check_floors([floor()], {named}, (), file="manifests/image-floors.yaml")

    def test_a_floor_that_waits_for_no_source_is_refused(self) -> None:
        waiting = floor(until=Until(source="kubeflow-manifest", version="26.10"))

        with pytest.raises(
            UserError,
            match=r"floors\.yaml: .*: until\.source is kubeflow-manifest, .*allowed: one, two",
        ):
            check_floors([waiting], {f"{PROXY}:1.2"}, {"two", "one"}, file="floors.yaml")

    def test_a_floor_that_waits_for_a_source_is_not(self) -> None:
        waiting = floor(until=Until(source="one", version="26.10"))

        check_floors([waiting], {f"{PROXY}:1.2"}, {"two", "one"}, file="floors.yaml")

    def test_a_floor_that_upstream_keeps_by_itself_is_to_go(self) -> None:
        [sentence] = idle_floors([floor()], {f"{PROXY}:1.30.4", "docker.io/a/b:1"}, {})

        assert "remove it" in sentence

    @pytest.mark.parametrize(
        ("pinned", "has_come"),
        [("26.03.1-rc.2", False), ("26.10-rc.1", False), ("26.10", True), ("26.10.1", True)],
    )
    def test_a_floor_that_its_release_did_not_end_is_spoken_of(
        self, pinned: str, has_come: bool
    ) -> None:
        awaited = floor(until=Until(source="kubeflow-manifests", version="26.10"))
        named = {f"{PROXY}:1.30.1", f"{PROXY}:1.30.9"}

        found = list(idle_floors([awaited], named, {"kubeflow-manifests": pinned}))

        assert bool(found) == has_come
        assert all("correct `until`" in each for each in found)


class TestFile:
    """The checked-in floors."""

    def test_every_floor_waits_for_a_source_of_the_lock_file(self, project: Path) -> None:
        sources = load_lock(project / "manifests" / "upstream.lock.yaml").sources

        for each in load_floors(project / "manifests" / FLOORS_FILE):
            assert each.until is None or each.until.source in sources

    def test_the_sample_is_raised(self, project: Path, sample_platform: Platform) -> None:
        floors = load_floors(project / "manifests" / FLOORS_FILE)
        objects = [item for one in sample_platform.components for item in one.objects]

        assert not list(below_floors(objects, floors))
        assert f"{PROXY}:1.30.4" in images_of(objects)

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("- {images: [a.io/b], least: 1.2.3}", "why"),
            ("{images: []}", "floors.yaml"),
            (
                "- {images: [], least: 1.2.3, why: It is older than that one is., "
                "link: 'https://a.io', read_on: 2026-11-30}",
                "at least 1 item",
            ),
            (
                "- {images: [a.io/b], least: 1.2.3, why: It is older than that one is., "
                "link: 'https://a.io', read_on: 2026-11-30, until: {source: a, version: soon}}",
                "until.version: .*found soon, which is no version",
            ),
            (
                "- {images: [a.io/b], least: v1, why: It is older than that one is., "
                "link: https://a.io, read_on: 2026-11-30}",
                "least",
            ),
            (
                "- {images: [a.io/b], least: 1.2.3, why: It is older than that one is., "
                "link: 'http://a.io', read_on: 2026-11-30}",
                "link",
            ),
            (
                "- {images: [a.io/b, a.io/b], least: 1.2.3, why: It is older than that one is., "
                "link: 'https://a.io', read_on: 2026-11-30}",
                "a.io/b has two floors",
            ),
            (
                "- {images: [ghcr.io/kubeflow/kfp-frontend], least: 2.18.0, "
                "why: It is older than that one is., link: 'https://a.io', read_on: 2026-11-30}",
                "where no floor reaches",
            ),
            (
                "- {images: [a.io/b], least: 1.2.3, why: It is older than that one is., "
                f"link: 'https://a.io', read_on: 2026-11-30, digests: {{a.io/c: '{OLD}'}}}}",
                "a.io/c is none of the images",
            ),
        ],
    )
    def test_a_wrong_floor_is_a_sentence(self, text: str, sentence: str, tmp_path: Path) -> None:
        file = tmp_path / "floors.yaml"
        file.write_text(text, encoding="utf-8")

        with pytest.raises(UserError, match=sentence):
            load_floors(file)


@pytest.mark.upstream
class TestUpstream:
    """The real sources."""

    @pytest.fixture
    def every_variant(self, vanilla: Deployment, upstream_platform: Platform) -> set[str]:
        """All images of all components in all variants, as upstream names them."""
        assert upstream_platform.components
        return {
            image for one in all_variants_of(vanilla).components for image in images_of(one.objects)
        }

    def test_every_floor_is_needed(self, project: Path, every_variant: set[str]) -> None:
        floors = load_floors(project / "manifests" / FLOORS_FILE)

        sources = load_lock(project / "manifests" / "upstream.lock.yaml").sources
        check_floors(floors, every_variant, sources, file=FLOORS_FILE)
        assert not list(idle_floors(floors, every_variant, {}))

    def test_all_variants_have_what_single_options_lack(self, every_variant: set[str]) -> None:
        assert any("oauth2-proxy" in image for image in every_variant)
        assert any("seaweedfs" in image for image in every_variant)
        assert "docker.io/library/mysql:8.0" in every_variant

    @pytest.mark.parametrize("preset", ["vanilla", "rds-only", "s3-only", "rds-s3"])
    def test_nothing_is_below(
        self, project: Path, vanilla: Deployment, preset: str, upstream_platform: Platform
    ) -> None:
        assert upstream_platform.components
        floors = load_floors(project / "manifests" / FLOORS_FILE)
        platform = best_of(variation(vanilla, {"preset": preset}))

        for one in platform.components:
            assert not list(below_floors(one.objects, floors))
