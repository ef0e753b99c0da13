"""Composes the stacks of one deployment, in the order of the picture in docs/architecture.md."""

from __future__ import annotations

from constructs import Construct

from kubeflow_aws.capacity.fit import check_capacity
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering.platform import Platform
from stacks.site import Site


def build(
    scope: Construct,
    deployment: Deployment,
    platform: Platform,
    account: str | None,
    *,
    file: str | None = None,
) -> None:
    """Add all stacks of a deployment to an app, or to a stage of a pipeline.

    Args:
        scope: The app or the stage.
        deployment: The deployment file.
        platform: Its components, rendered.
        account: Account of the CLI, for a deployment that names none.
        file: Path of the deployment file, which errors name.

    Raises:
        UserError: The platform does not fit on the system nodes.
    """
    check_capacity(deployment, platform.components, file=file)
    site = Site(scope, deployment, platform, account=account)
    network = site.network()
    cluster = site.cluster(network)
    data = site.data(network)
    storage = site.storage(network, cluster, data)
    domain = site.domain(network)
    certificate = site.certificate(domain)
    identity = site.identity(network, cluster, domain, certificate)
    site.platform(network, cluster, data, storage, domain, identity)
    site.monitoring(network, cluster, data, domain)
    site.finish()
