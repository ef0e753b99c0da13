"""Patterns that have a text in common."""

from __future__ import annotations

import pytest

from tests.rights.globs import PART, arns_overlap, overlap


@pytest.mark.parametrize(
    ("one", "other", "have"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("*", "", True),
        ("a*", "*b", True),
        ("a*c", "ab*", True),
        ("a*c", "b*c", False),
        ("arn:*:s3:::*", "arn:aws:s3:::name", True),
        ("arn:*:s3:::*/*", "arn:aws:s3:::name", False),
        (f"a{PART}", "ab/*", False),
        (f"{PART}/b", "*b", True),
    ],
)
def test_overlap(one: str, other: str, have: bool) -> None:
    assert overlap(one, other) is have
    assert overlap(other, one) is have


@pytest.mark.parametrize(
    ("one", "other", "have"),
    [
        ("arn:*:ec2:*:*:instance/*", "arn:aws:ec2:us-west-2::image/*", False),
        ("arn:*:ec2:*::image/*", "arn:aws:ec2:us-west-2::image/*", True),
        ("arn:*:ec2:*::image/*", "*", True),
        (f"arn:*:s3:::{PART}", "arn:aws:s3:::name", True),
        (f"arn:*:s3:::{PART}", "arn:aws:s3:::name/*", False),
    ],
)
def test_overlap_of_arns(one: str, other: str, have: bool) -> None:
    assert arns_overlap(one, other) is have
    assert arns_overlap(other, one) is have
