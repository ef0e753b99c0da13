"""Rendering: cached, repeatable, without the network, and clear when it fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.manifests.component import Component
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.manifests.render import Rendered, RenderError, Selected, render
from kubeflow_aws.manifests.sources import Sources
from kubeflow_aws.manifests.tools import Tools

MakeComponent = Callable[..., Component]
Render = Callable[..., list[Rendered]]


@pytest.fixture
def render_components(sources: Sources, tools: Tools, tmp_path: Path) -> Render:
    def run(*components: Component, notify: Callable[[str], None] = print) -> list[Rendered]:
        return render(
            [Selected(component=one) for one in components],
            sources=sources,
            tools=tools,
            cache=tmp_path / "cache",
            notify=notify,
            kubernetes_version="1.35",
            workers=1,
        )

    return run


def rendered_files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "render").iterdir())


def test_what_has_not_changed_comes_from_the_cache(
    component: MakeComponent, render_components: Render
) -> None:
    one, two = component("one"), component("two")
    told: list[str] = []
    first = render_components(one, two, notify=told.append)
    (one.folder / "map.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: b}\n", encoding="utf-8"
    )

    second = render_components(one, two, notify=told.append)

    assert told == [
        "rendering 2 components from upstream sources",
        "  one",
        "  two",
        "rendering 1 components from upstream sources",
        "  one",
    ]
    assert first[1].objects == second[1].objects
    assert second[0].objects[0]["data"] == {"a": "b"}


def test_two_components_with_one_object_are_both_named(
    component: MakeComponent, render_components: Render
) -> None:
    files = {
        "kustomization.yaml": "resources: [map.yaml]\n",
        "map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: same, namespace: ns}\n",
    }

    with pytest.raises(RenderError, match=r"ConfigMap ns/same is defined twice, by .* a and b"):
        render_components(component("a", files), component("b", files))


def test_a_broken_overlay_names_its_component_and_leaves_nothing(
    component: MakeComponent, render_components: Render, tmp_path: Path
) -> None:
    broken = component("broken", {"kustomization.yaml": "resources: [no-such.yaml]\n"})

    with pytest.raises(RenderError, match=r"component broken cannot be rendered:\n.*no-such"):
        render_components(broken)
    assert rendered_files(tmp_path) == []


def test_no_connection_leaves_the_machine(
    component: MakeComponent, render_components: Render
) -> None:
    remote = component(
        "remote",
        {"kustomization.yaml": "resources: [https://github.com/example/x//base?ref=v1]\n"},
    )

    with pytest.raises(RenderError, match="component remote cannot be rendered"):
        render_components(remote)


def test_a_document_without_a_name_is_refused(
    component: MakeComponent, render_components: Render
) -> None:
    files = {
        "kustomization.yaml": "resources: [x.yaml]\n",
        "x.yaml": "apiVersion: v1\nkind: List\nitems: [{kind: ConfigMap}]\n",
    }

    with pytest.raises(RenderError):
        render_components(component("nameless", files))


def test_the_sample_has_every_component(sample_platform: Platform) -> None:
    assert len(sample_platform.components) == 14
    assert all(one.objects for one in sample_platform.components)


@pytest.mark.upstream
def test_a_second_render_has_the_same_bytes(
    upstream_platform: Platform, project: Path, tools: Tools, tmp_path: Path
) -> None:
    tree = next((project / "build" / "cache" / "upstream").iterdir())
    from kubeflow_aws.manifests.sources import Origin

    again = render(
        [
            Selected(component=one.component, variant=(one.component.variants or (None,))[0])
            for one in upstream_platform.components
        ],
        sources=Sources(root=tree, origin=Origin.UPSTREAM, digest="again"),
        tools=tools,
        cache=tmp_path,
        notify=print,
        kubernetes_version="1.35",
    )

    for first, second in zip(upstream_platform.components, again, strict=True):
        assert first.objects == second.objects, first.component.name
