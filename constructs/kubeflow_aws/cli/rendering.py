"""The platform of a deployment, rendered for a command that only looks at it."""

from __future__ import annotations

from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.printing import tell
from kubeflow_aws.cli.project import mirror
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.images import Images
from kubeflow_aws.rendering.options import options_of_checkout, tell_nobody
from kubeflow_aws.rendering.platform import Platform, render_all_variants, render_platform


def rendered(
    deployment: Deployment, *, quiet: bool = True, every_variant: bool = False
) -> Platform:
    """Render a deployment's components, from the bundled sample where upstream cannot be had.

    Args:
        deployment: The deployment.
        quiet: Whether to tell nothing of what is fetched.
        every_variant: Whether to render all components in all variants.

    Raises:
        UserError: Something does not render.
    """
    notify = tell_nobody if quiet else tell
    options = options_of_checkout(PROJECT, mirror=mirror(), notify=notify, allow_sample=True)
    return (render_all_variants if every_variant else render_platform)(deployment, options)


def with_plain_images(deployment: Deployment) -> Deployment:
    """The deployment with images named as upstream does, whatever registry it takes them from."""
    return deployment.model_copy(update={"images": Images()})


def origin_of(platform: Platform) -> str:
    """Which Kubeflow a platform is, and from where it was rendered."""
    return f"Kubeflow {platform.release} from {platform.origin.description}"
