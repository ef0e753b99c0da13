"""The `notebooks` section: what users may choose in the notebook form, and when notebooks stop."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from kubeflow_aws.deployment.section import Section

_DEEP_LEARNING_CONTAINERS: Final = re.compile(
    r"^(763104351884\.dkr\.ecr\.|public\.ecr\.aws/deep-learning-containers/)"
)
"""Registries of AWS Deep Learning Containers ("Available Deep Learning Containers images")."""


def _image(value: str) -> str:
    name, _, digest = value.partition("@")
    repository, _, tag = name.rpartition(":")
    if not re.fullmatch(r"[a-z0-9][A-Za-z0-9._:/-]*(@sha256:[0-9a-f]{64})?", value):
        raise ValueError(
            f'found "{value}"; an image is REGISTRY/REPOSITORY:TAG, or with @sha256: and a digest'
        )
    if not digest and (not repository or "/" in tag or not tag):
        raise ValueError(
            f"found {value}, which has no tag, so nobody knows what starts tomorrow; give one such "
            f"as {value}:v1.0.0, or a digest"
        )
    if not digest and tag == "latest":
        raise ValueError(
            f"found {value}; latest is another image every time, so give a tag that stays"
        )
    if _DEEP_LEARNING_CONTAINERS.match(value):
        raise ValueError(
            f"found {value}, an AWS Deep Learning Container, which serves no notebook; build "
            "examples/notebook-image on it, and name what you built"
        )
    return value


Image = Annotated[str, Field(max_length=500), AfterValidator(_image)]
"""A container image that stays the same: with a tag other than latest, or a digest."""


class Culling(Section):
    """Stops notebooks whose kernels are idle; their volumes stay, and a click starts them again.

    Off unless asked for, as upstream: a kernel is all that the culler can see of somebody's work.
    """

    enabled: bool | None = Field(
        default=None,
        description="Whether notebooks with idle kernels are stopped; on if minutes are given "
        "here, else off.",
    )
    idle_minutes: int = Field(
        default=240, ge=10, le=43_200, description="Minutes without a kernel at work."
    )
    check_minutes: int = Field(default=5, ge=1, le=60, description="Minutes between two looks.")

    @property
    def is_on(self) -> bool:
        """The switch in force."""
        if self.enabled is None:
            # A blank `enabled:` says nothing.
            return bool(self.model_fields_set - {"enabled"})
        return self.enabled


class Notebooks(Section):
    """The notebook form. Lists that are left out are upstream's."""

    jupyter_images: tuple[Image, ...] = Field(
        default=(), max_length=50, description="Images with JupyterLab; the first is preselected."
    )
    code_server_images: tuple[Image, ...] = Field(
        default=(), max_length=50, description="Images with code-server."
    )
    rstudio_images: tuple[Image, ...] = Field(
        default=(), max_length=50, description="Images with RStudio."
    )
    custom_images: bool = Field(
        default=True, description="Whether users may name images that are not listed."
    )
    culling: Culling = Field(default=Culling(), description="When idle notebooks stop.")
