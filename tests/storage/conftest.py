"""The Storage stack that all its tests look at."""

from __future__ import annotations

import pytest

from tests.support.assembly import Assembly
from tests.support.assembly import Template as RawTemplate


@pytest.fixture(scope="session")
def storage(data_plane_assembly: Assembly) -> RawTemplate:
    return data_plane_assembly.stack("Storage")
