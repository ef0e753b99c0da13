"""Rendering: cached, repeatable, without the network, and clear when it fails."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering import render as render_module
from kubeflow_aws.rendering.component import Component, load_components
from kubeflow_aws.rendering.floors import load_floors, raise_images
from kubeflow_aws.rendering.mesh_settings import configure_mesh
from kubeflow_aws.rendering.notebook_form import configure_notebook_form
from kubeflow_aws.rendering.placement import place
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from kubeflow_aws.rendering.render import Rendered, RenderError, Selected, render
from kubeflow_aws.rendering.selection import select
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.source_places import linked_tree
from kubeflow_aws.upstream.sources import Origin, Sources
from kubeflow_aws.upstream.tools import Tools

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


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Whom the renderers ask: every HTTP connection goes to this proxy, and git is not there."""
    asked: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(render_module, "CLOSED_PROXY", f"http://127.0.0.1:{server.server_port}")
        yield asked
        server.shutdown()


def test_a_remote_file_would_be_asked_for_by_the_proxy(
    component: MakeComponent, render_components: Render, connections: list[str]
) -> None:
    remote = component(
        "remote", {"kustomization.yaml": "resources: [https://example.invalid/x.yaml]\n"}
    )

    with pytest.raises(RenderError, match="component remote cannot be rendered"):
        render_components(remote)
    assert set(connections) == {"example.invalid:443"}


def test_a_remote_repository_cannot_be_fetched(
    component: MakeComponent, render_components: Render
) -> None:
    remote = component(
        "remote",
        {"kustomization.yaml": "resources:\n  - https://github.com/example/x//base?ref=v1\n"},
    )

    with pytest.raises(RenderError, match="git"):
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
    assert len(sample_platform.components) == 18
    assert all(one.objects for one in sample_platform.components)


@pytest.mark.upstream
def test_a_second_render_has_the_same_bytes_and_opens_no_connection(
    vanilla: Deployment,
    upstream_platform: Platform,
    project: Path,
    tools: Tools,
    connections: list[str],
    tmp_path: Path,
) -> None:
    lock = load_lock(project / "manifests" / "upstream.lock.yaml")
    tree = linked_tree(lock, project / "build" / "cache")
    floors = load_floors(project / "manifests" / FLOORS_FILE)

    again = render(
        select(vanilla, load_components(project / "manifests" / "components")),
        sources=Sources(root=tree, origin=Origin.UPSTREAM, digest="again"),
        tools=tools,
        cache=tmp_path,
        notify=print,
        kubernetes_version="1.35",
    )

    for first, second in zip(upstream_platform.components, again, strict=True):
        placed = place(raise_images(second, floors), own_nodes=True)
        configured = configure_mesh(configure_notebook_form(placed, vanilla))
        assert first.objects == configured.objects, first.component.name
    assert connections == []
