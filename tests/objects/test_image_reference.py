"""Tags say a version, or none, and versions have an order."""

from __future__ import annotations

import pytest

from kubeflow_aws.objects.image_reference import parse_version, release_of


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
