"""Support dates fit the versions, and the file fits what is pinned."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kubeflow_aws.bump.support import (
    NOTICE,
    SUPPORT_FILE,
    Basis,
    End,
    Hole,
    Product,
    Support,
    ending,
    load_support,
    pinned_products,
)
from kubeflow_aws.cli.audit.images import audit_images
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.floors import load_floors, raise_images
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from kubeflow_aws.upstream.lock import load_lock

FIRST, SECOND = (
    End(day=date(2026, 9, 21), basis=Basis.READ),
    End(day=date(2026, 12, 9), basis=Basis.DERIVED),
)


def product(**fields: object) -> Product:
    return Product.model_validate(
        {"name": "One", "components": ("istio",), "policy": "https://a.io", **fields}
    )


@pytest.mark.parametrize(
    ("version", "end"),
    [
        ("26.03", FIRST),
        ("v26.03.7", FIRST),
        ("26.03-rc.1", FIRST),
        ("26.03.1", SECOND),
        ("26.03.1-rc.2", SECOND),
        ("26.03.10", FIRST),
        ("26.10", None),
        ("", None),
    ],
)
def test_the_longest_version_that_fits_counts(version: str, end: End | None) -> None:
    assert product(ends={"26.03": FIRST, "26.03.1": SECOND}).end_of(version) == end


@pytest.mark.parametrize(
    ("version", "has_it"), [("2.17.0", True), ("2.18.0-rc.1", True), ("2.18.0", False), ("", False)]
)
def test_a_hole_is_in_the_versions_before_its_fix(version: str, has_it: bool) -> None:
    hole = Hole(
        ids=("CVE-2026-1",),
        below="2.18.0",
        link="https://a.io",
        why_it_stays="It cannot be had yet.",
    )

    assert product(holes=(hole,)).holes_of(version) == ([hole] if has_it else [])


def test_the_first_pattern_that_fits_has_an_image() -> None:
    support = Support(
        read_on=date(2026, 11, 30),
        products=(product(name="A", images=("a.io/x/*",)), product(name="B", images=("a.io/*",))),
    )

    found = [support.product_of(f"a.io/{path}@sha256:{'a' * 64}") for path in ("x/y:1", "y:1")]
    assert [each and each.name for each in found] == ["A", "B"]
    assert support.product_of("b.io/x:1") is None


def test_an_end_is_spoken_of_before_it_comes() -> None:
    one = product(ends={"26.03": FIRST})

    assert not ending([(one, "26.03")], FIRST.day - timedelta(days=91))
    [found] = ending([(one, "26.03")], FIRST.day - NOTICE)
    assert "ends on 2026-09-21" in found.sentence(FIRST.day)
    assert "ended on 2026-09-21" in found.sentence(date(2026, 9, 22))


class TestFile:
    """The checked-in dates."""

    @pytest.fixture
    def support(self, project: Path) -> Support:
        return load_support(project / "manifests" / SUPPORT_FILE)

    def test_its_components_are_there(self, project: Path, support: Support) -> None:
        components = load_components(project / "manifests" / "components")

        assert {name for each in support.products for name in each.components} <= set(components)

    def test_it_follows_the_release_of_the_lock_file(self, project: Path, support: Support) -> None:
        lock = load_lock(project / "manifests" / "upstream.lock.yaml")
        pinned = {each.name: version for each, version in pinned_products(support, ["kubeflow"])}

        assert pinned["Kubeflow"] == lock.kubeflow

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("{", "cannot be read"),
            ("read_on: soon\nproducts: []\n", "read_on"),
            ("read_on: 2026-11-30\nproducts: [{name: A}]\n", "components"),
            (
                "read_on: 2026-11-30\nproducts:\n- {name: A, components: [], "
                "policy: 'https://a.io', ends: {'1': {day: 2026-11-30, basis: guessed}}}\n",
                "basis",
            ),
        ],
    )
    def test_a_broken_file_is_a_sentence(self, text: str, sentence: str, tmp_path: Path) -> None:
        file = tmp_path / "support.yaml"
        file.write_text(text, encoding="utf-8")

        with pytest.raises(UserError, match=sentence):
            load_support(file)

    @pytest.mark.upstream
    def test_it_has_the_versions_that_are_rendered(
        self,
        project: Path,
        support: Support,
        all_upstream_variants: Platform,
    ) -> None:
        floors = load_floors(project / "manifests" / FLOORS_FILE)
        every = [raise_images(one, floors) for one in all_upstream_variants.components]
        rendered: dict[str, set[str]] = {}
        for each in audit_images(every, floors, support):
            if each.product and each.product.pinned:
                rendered.setdefault(each.product.name, set()).add(each.version)

        assert rendered == {
            each.name: {each.pinned} for each in support.products if each.pinned and each.images
        }
