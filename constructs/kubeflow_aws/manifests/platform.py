"""The platform of one deployment: sources, selection and render in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, KUBERNETES_VERSIONS
from kubeflow_aws.manifests.component import load_components
from kubeflow_aws.manifests.downloads import Notify
from kubeflow_aws.manifests.images import ImageNames, check_digests, rename_images
from kubeflow_aws.manifests.jobs import name_jobs
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.model_addresses import configure_model_addresses
from kubeflow_aws.manifests.namespaces import check_namespaces
from kubeflow_aws.manifests.notebook_form import configure_notebook_form
from kubeflow_aws.manifests.objects import KubernetesObject
from kubeflow_aws.manifests.placeholders import Placeholder, Value, fill_placeholders
from kubeflow_aws.manifests.render import Rendered, render
from kubeflow_aws.manifests.selection import select
from kubeflow_aws.manifests.sources import Origin, SourceOptions, fetch_sources
from kubeflow_aws.manifests.tools import find_tools


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """What is to run in the cluster, rendered, in the order in which it is applied.

    Attributes:
        origin: Whether this is real upstream or the bundled sample.
        release: The Kubeflow release of the lock file.
        components: All components of the deployment.
    """

    origin: Origin
    release: str
    components: Sequence[Rendered]

    def of_stack(self, stack: str) -> list[Rendered]:
        """The components that one stack applies."""
        return [one for one in self.components if one.component.stack == stack]


def render_platform(
    deployment: Deployment,
    *,
    manifests: Path,
    cache: Path,
    mirror: Path | None,
    notify: Notify,
    allow_sample: bool = False,
) -> Platform:
    """Fetch the sources and render the components of a deployment.

    Args:
        deployment: Decides the components and variants.
        manifests: The folder with the lock file, the components and the sample.
        cache: Folder for sources, tools and renders; may be empty.
        mirror: Mirror of upstream sources; the deployment file's own if there is none.
        notify: Takes progress lines.
        allow_sample: Render the bundled sample where upstream cannot be had.

    Raises:
        UserError: A source, tool or component is wrong; the text names it.
    """
    lock = load_lock(manifests / "upstream.lock.yaml")
    if mirror is None and deployment.upstream.mirror:
        mirror = manifests.parent / deployment.upstream.mirror
    version = KUBERNETES_VERSIONS[deployment.cluster.kubernetes_version]
    selection = select(deployment, load_components(manifests / "components"))
    # A layer of a version that Kubeflow does not run on holds a kustomize too old for upstream.
    default = KUBERNETES_VERSIONS[DEFAULT_KUBERNETES_VERSION]
    tools = find_tools(version if version.runs_kubeflow else default, cache)
    sources = fetch_sources(
        lock,
        SourceOptions(
            cache=cache,
            sample=manifests / "sample" if allow_sample else None,
            mirror=mirror,
            offline=deployment.upstream.offline,
            helm=tools.helm,
        ),
        notify,
    )
    rendered = render(
        selection,
        sources=sources,
        tools=tools,
        cache=cache,
        notify=notify,
        kubernetes_version=version.minor,
    )
    check_digests(rendered, deployment.images.digests)
    names = image_names(deployment)
    # Before Jobs get their names, which change with all that is in them.
    named = [name_jobs(rename_images(one, names)) for one in rendered]
    components = [_configured(one, deployment) for one in named]
    check_namespaces(components)
    notify(f"Kubeflow {lock.kubeflow} from {sources.origin.description}")
    return Platform(origin=sources.origin, release=lock.kubeflow, components=components)


def image_names(deployment: Deployment) -> ImageNames:
    """How a deployment names container images."""
    return ImageNames(registry=deployment.images.registry, digests=deployment.images.digests)


def _configured(one: Rendered, deployment: Deployment) -> Rendered:
    """What a deployment sets inside of texts, where overlays do not reach."""
    return configure_model_addresses(configure_notebook_form(one, deployment), deployment)


def fill_components(
    components: Iterable[Rendered], values: Mapping[Placeholder, Value]
) -> list[Rendered]:
    """The components with their placeholders replaced.

    Raises:
        UserError: A placeholder is unknown, has no value, or a value is used nowhere.
    """
    rendered = list(components)
    objects: list[KubernetesObject] = [item for one in rendered for item in one.objects]
    filled = iter(fill_placeholders(objects, values))
    return [replace(one, objects=[next(filled) for _ in one.objects]) for one in rendered]
