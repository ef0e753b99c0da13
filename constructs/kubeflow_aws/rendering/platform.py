"""The platform of one deployment: sources, selection and render in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.objects.placeholders import Placeholder, Value, fill_placeholders
from kubeflow_aws.rendering.admission_policies import with_admission_policies
from kubeflow_aws.rendering.availability import load_availability, make_available
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.floors import load_floors, raise_images
from kubeflow_aws.rendering.images import ImageNames, check_digests, rename_images
from kubeflow_aws.rendering.jobs import name_jobs
from kubeflow_aws.rendering.mesh_settings import configure_mesh
from kubeflow_aws.rendering.model_addresses import configure_model_addresses
from kubeflow_aws.rendering.namespaces import check_namespaces
from kubeflow_aws.rendering.notebook_form import configure_notebook_form
from kubeflow_aws.rendering.options import RenderOptions
from kubeflow_aws.rendering.placement import place
from kubeflow_aws.rendering.render import (
    Rendered,
    Selected,
    all_rendered,
    render,
    render_each,
)
from kubeflow_aws.rendering.selection import every_variant, select
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import UpstreamLock, load_lock
from kubeflow_aws.upstream.sources import Origin, SourceOptions, Sources, fetch_sources
from kubeflow_aws.upstream.tools import Tools, find_tools

FLOORS_FILE: Final = "image-floors.yaml"
"""Least versions of images, in the folder of manifests."""

AVAILABILITY_FILE: Final = "availability.yaml"
"""What runs more than once in production, in the folder of manifests."""


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

    @property
    def objects(self) -> list[KubernetesObject]:
        """The objects of all components, in the same order."""
        return [item for one in self.components for item in one.objects]

    def of_stack(self, stack: Literal["cluster", "platform"]) -> list[Rendered]:
        """The components that one stack applies."""
        return [one for one in self.components if one.component.stack == stack]


def render_platform(deployment: Deployment, options: RenderOptions) -> Platform:
    """Fetch the sources and render the components of a deployment.

    Args:
        deployment: Decides the components and variants.
        options: Where everything is, and whom to tell.

    Raises:
        UserError: A source, tool or component is wrong; the text names it.
    """
    rendering = _prepare(deployment, options)
    selection = select(deployment, load_components(options.manifests / "components"))
    floors = load_floors(options.manifests / FLOORS_FILE)
    rendered = [raise_images(one, floors) for one in rendering.render(selection)]
    check_digests(rendered, deployment.images.digests)
    names = image_names(deployment)
    # Before Jobs get their names, which change with all that is in them.
    own_nodes = deployment.cluster.existing is None
    placed = [place(rename_images(one, names), own_nodes=own_nodes) for one in rendered]
    if deployment.is_production:
        twice = load_availability(options.manifests / AVAILABILITY_FILE).twice
        placed = [make_available(one, twice) for one in placed]
    version = kubernetes_versions()[deployment.cluster.kubernetes_version]
    known = [with_admission_policies(one, version) for one in placed]
    named = [name_jobs(one) for one in known]
    components = [_configured(one, deployment) for one in named]
    check_namespaces(components)
    lock, origin = rendering.lock, rendering.sources.origin
    options.notify(f"Kubeflow {lock.kubeflow} from {origin.description}")
    return Platform(origin=origin, release=lock.kubeflow, components=components)


def render_all_variants(deployment: Deployment, options: RenderOptions) -> Platform:
    """Render every component in every variant, as upstream and the overlays have it: no floors.

    No deployment has all of this; it is for what must hold for all options at once.

    Args:
        deployment: Where sources come from, and for which version of Kubernetes.
        options: Where everything is, and whom to tell.

    Raises:
        UserError: A source, tool or component is wrong; the text names it.
    """
    rendering = _prepare(deployment, options)
    variants = every_variant(load_components(options.manifests / "components").values())
    rendered = all_rendered(rendering.render_each(variants))
    return Platform(
        origin=rendering.sources.origin, release=rendering.lock.kubeflow, components=rendered
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rendering:
    """Sources and tools at hand."""

    lock: UpstreamLock
    sources: Sources
    tools: Tools
    cache: Path
    notify: Notify
    kubernetes_version: str

    def render(self, selection: Iterable[Selected]) -> list[Rendered]:
        return render(
            selection,
            sources=self.sources,
            tools=self.tools,
            cache=self.cache,
            notify=self.notify,
            kubernetes_version=self.kubernetes_version,
        )

    def render_each(self, selection: Iterable[Selected]) -> list[Rendered | UserError]:
        return render_each(
            selection,
            sources=self.sources,
            tools=self.tools,
            cache=self.cache,
            notify=self.notify,
            kubernetes_version=self.kubernetes_version,
        )


def _prepare(deployment: Deployment, options: RenderOptions) -> _Rendering:
    lock = load_lock(options.manifests / "upstream.lock.yaml")
    mirror = options.mirror
    if mirror is None and deployment.upstream.mirror:
        mirror = options.manifests.parent / deployment.upstream.mirror
    version = kubernetes_versions()[deployment.cluster.kubernetes_version]
    # A layer of a version that Kubeflow does not run on holds a kustomize too old for upstream.
    default = kubernetes_versions()[DEFAULT_KUBERNETES_VERSION]
    tools = find_tools(version if version.runs_kubeflow else default, options.cache)
    sources = fetch_sources(
        lock,
        SourceOptions(
            cache=options.cache,
            sample=options.manifests / "sample" if options.allow_sample else None,
            mirror=mirror,
            offline=deployment.upstream.offline,
            helm=tools.helm,
        ),
        options.notify,
    )
    return _Rendering(
        lock=lock,
        sources=sources,
        tools=tools,
        cache=options.cache,
        notify=options.notify,
        kubernetes_version=version.minor,
    )


def image_names(deployment: Deployment) -> ImageNames:
    """How a deployment names container images."""
    return ImageNames(registry=deployment.images.registry, digests=deployment.images.digests)


def _configured(one: Rendered, deployment: Deployment) -> Rendered:
    """What a deployment sets inside of texts, where overlays do not reach."""
    return configure_mesh(
        configure_model_addresses(configure_notebook_form(one, deployment), deployment)
    )


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
