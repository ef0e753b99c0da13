"""`kubeflow-aws images`: every container image of a deployment, and how to copy them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter, ValidationError

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument, JsonOption
from kubeflow_aws.cli.printing import say_json
from kubeflow_aws.cli.project import MANIFESTS, deployment_of
from kubeflow_aws.cli.rendering import rendered, with_plain_images
from kubeflow_aws.deployment.images import Images, Registry
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.floors import Floor, floor_of, load_floors
from kubeflow_aws.rendering.images import ImageNames, by_component, ecr_region
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform

_TAG: Final = len("sha256-") + 12
"""Length of the tags of what upstream names by digest alone."""


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    copy_to: Annotated[
        str | None, typer.Option(help="Print commands that copy them to this registry.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List every container image, hidden ones included.

    A line an image: its digest if one is known, the components that name it, and its floor if it
    has one.
    """
    if copy_to and as_json:
        raise UserError("--copy-to prints commands, and --json a list: give one of them")
    # Before the rendering, which takes its time.
    registry = registry_of(copy_to) if copy_to else None
    settings = deployment_of(deployment)
    platform = rendered(with_plain_images(settings))
    if as_json:
        say_json("images", list(_records(platform, settings.images)))
        return
    if registry:
        lines = copy_lines(platform, registry, settings.images)
    else:
        lines = image_lines(platform, settings.images, load_floors(MANIFESTS / FLOORS_FILE))
    sys.stdout.writelines(f"{line}\n" for line in lines)


def image_lines(
    platform: Platform, settings: Images, floors: Sequence[Floor] = ()
) -> Iterator[str]:
    """Each image with its digest, if one is known, the components that name it, and its floor.

    Args:
        platform: Rendered with the images' own names.
        settings: The deployment file's section `images`.
        floors: The least versions of images.
    """
    for image, components in by_component(platform.components):
        floor = floor_of(image, floors)
        least = f"; floor {floor.least}" if floor else ""
        yield f"{_with_digest(image, settings)}  # {', '.join(components)}{least}"


def _records(platform: Platform, settings: Images) -> Iterator[Mapping[str, object]]:
    """The same for a program."""
    floors = load_floors(MANIFESTS / FLOORS_FILE)
    for image, components in by_component(platform.components):
        floor = floor_of(image, floors)
        yield {
            "image": _with_digest(image, settings),
            "components": list(components),
            "floor": floor.least if floor else None,
        }


def registry_of(text: str) -> str:
    """A registry that somebody gave on the command line.

    Raises:
        UserError: It could not stand in the deployment file either.
    """
    try:
        return TypeAdapter[str](Registry).validate_python(text)
    except ValidationError:
        raise UserError(
            f"--copy-to is {text!r}, which is no registry; give its host and path in lower case, "
            "without https:// and without a slash at its end, for example "
            "123456789012.dkr.ecr.us-west-2.amazonaws.com/kubeflow"
        ) from None


def copy_lines(platform: Platform, registry: str, settings: Images) -> Iterator[str]:
    """Shell commands that copy every image into a registry of ECR, under the name it has there.

    Args:
        platform: Rendered with the images' own names.
        registry: The registry, as in images.registry.
        settings: The deployment file's section `images`.

    Yields:
        The commands; a comment instead for an image that has neither a version nor a digest.
    """
    host = registry.partition("/")[0]
    region = ecr_region(registry)
    names = ImageNames(registry=registry)
    for image, _ in by_component(platform.components):
        name, _, digest = names.of(image).partition("@")
        last = name.rpartition("/")[2]
        if ":" not in last and not digest:
            yield f"# {image} has no version: what it is changes, so it is not copied; name one"
            continue
        repository = name.removeprefix(f"{host}/")
        if ":" in last:
            repository = repository[: -len(last)] + last.partition(":")[0]
        else:
            # A push needs a tag, and `latest` could be pushed once only.
            name += f":{digest.replace(':', '-')[:_TAG]}"
        if region:
            yield (
                f"aws ecr describe-repositories --region {region} "
                f"--repository-names {repository} > /dev/null 2>&1 "
                f"|| aws ecr create-repository --region {region} --repository-name {repository} "
                "--image-tag-mutability IMMUTABLE"
            )
        # The copy has the digest of its source, whatever its tag.
        yield f"crane copy {_with_digest(image, settings)} {name}"


def _with_digest(image: str, settings: Images) -> str:
    digest = settings.digests.get(image)
    return f"{image}@{digest}" if digest and "@" not in image else image
