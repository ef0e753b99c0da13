"""What the summary of a synth says of ends of support."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from kubeflow_aws.bump.support import Support, ending, pinned_products
from kubeflow_aws.rendering.platform import Platform


def support_lines(platform: Platform, support: Support, today: date) -> Iterator[str]:
    """A warning for each program of a deployment whose support has ended, or soon will.

    Args:
        platform: The components of the deployment.
        support: The file of support dates.
        today: The day on which it is asked.
    """
    components = {one.component.name for one in platform.components}
    for each in ending(pinned_products(support, components), today):
        yield f"warning: {each.sentence(today)}"
