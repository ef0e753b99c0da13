"""The checked-in floors are well formed, and each of them is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.floors import (
    Until,
    below_floors,
    check_floors,
    idle_floors,
    load_floors,
)
from kubeflow_aws.rendering.images import images_of
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from kubeflow_aws.upstream.lock import load_lock
from tests.support.deployments import variation
from tests.support.floors import OLD, PROXY, floor
from tests.support.platforms import best_of


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
        objects = sample_platform.objects

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
    def every_variant(self, all_upstream_variants: Platform) -> set[str]:
        """All images of all components in all variants, as upstream names them."""
        return {
            image for one in all_upstream_variants.components for image in images_of(one.objects)
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

        assert not list(below_floors(platform.objects, floors))
