"""The `images` section: where container images come from, and which digests are known."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from kubeflow_aws.deployment.section import Section

Registry = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9.-]+\.[a-z]{2,}(:\d{1,5})?(/[a-z0-9]+([._-][a-z0-9]+)*)*$", max_length=150
    ),
]
"""Host and path of a registry in lower case, without scheme and without a slash at its end."""

ImageName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./_-]*:[A-Za-z0-9._-]+$")]
Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class Images(Section):
    """Where the images of the platform come from."""

    registry: Registry | None = Field(
        default=None,
        description="A registry with copies of all images, for example "
        "123456789012.dkr.ecr.us-west-2.amazonaws.com/kubeflow; below it each keeps its own "
        "registry's name. `./kubeflow-aws images` lists and copies them.",
    )
    digests: dict[ImageName, Digest] = Field(
        default={},
        description="Digests by image, for example docker.io/library/mysql:8.4: sha256:...; "
        "wherever the platform names the image, the digest stands behind it.",
    )
