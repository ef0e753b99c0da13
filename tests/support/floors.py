"""Floors of images that tests are about."""

from __future__ import annotations

from datetime import date
from typing import Final

from kubeflow_aws.rendering.floors import Floor, Until

PROXY: Final = "registry.istio.io/release/proxyv2"
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def floor(
    image: str = PROXY,
    least: str = "1.30.4",
    *,
    also_from: tuple[str, ...] = (),
    until: Until | None = None,
    digests: dict[str, str] | None = None,
) -> Floor:
    """A floor of one image, with all that the file demands of it."""
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
