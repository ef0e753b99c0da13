"""A cloud of its own for each test."""

from __future__ import annotations

import pytest

from tests.support.fake_cloud import FakeCloud


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()
