"""`make images`: every container image of a deployment, and how to copy them."""

from __future__ import annotations

from collections.abc import Iterator

from kubeflow_aws.deployment.images import Images
from kubeflow_aws.manifests.images import ImageNames, by_component
from kubeflow_aws.manifests.platform import Platform


def image_lines(platform: Platform, settings: Images) -> Iterator[str]:
    """Each image with its digest, if one is known, and the components that name it.

    Args:
        platform: Rendered with the images' own names.
        settings: The deployment file's section `images`.
    """
    for image, components in by_component(platform.components):
        digest = settings.digests.get(image)
        name = f"{image}@{digest}" if digest and "@" not in image else image
        yield f"{name}  # {', '.join(components)}"


def copy_lines(platform: Platform, registry: str, settings: Images) -> Iterator[str]:
    """Shell commands that copy every image into a registry of ECR, under the name it has there.

    Args:
        platform: Rendered with the images' own names.
        registry: The registry, as in images.registry.
        settings: The deployment file's section `images`.
    """
    host = registry.partition("/")[0]
    region = host.split(".")[3] if ".dkr.ecr." in host else ""
    names = ImageNames(registry=registry)
    for image, _ in by_component(platform.components):
        target = names.of(image)
        repository = target.removeprefix(f"{host}/").partition("@")[0]
        last = repository.rpartition("/")[2]
        if ":" in last:
            repository = repository[: -len(last)] + last.partition(":")[0]
        if region:
            name = f"--region {region} --repository-name {repository}"
            yield (
                f"aws ecr describe-repositories --region {region} "
                f"--repository-names {repository} > /dev/null 2>&1 "
                f"|| aws ecr create-repository {name} --image-tag-mutability IMMUTABLE"
            )
        digest = settings.digests.get(image)
        source = f"{image}@{digest}" if digest and "@" not in image else image
        # A copy is pushed by tag; its digest is the same.
        yield f"crane copy {source} {target.partition('@')[0]}"
