"""Charts: one digest and one render, however a release has packaged them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.upstream.archives import (
    Archive,
    DigestError,
    read_archive,
    verify_archive,
)
from kubeflow_aws.upstream.lock import ChartPackage, Source, load_lock
from kubeflow_aws.upstream.tools import Tools
from tests.support.archives import write_archive

DIGEST = "sha256:" + "a" * 64
TEMPLATE = """apiVersion: v1
kind: Pod
metadata: {name: one}
spec:
  containers:
    - {name: one, image: "{{ .Values.controller.image.name }}:{{ .Values.controller.image.tag }}"}
"""
TREE = {
    "Chart.yaml": "apiVersion: v2\nname: tool\nversion: 1.2.3\n",
    "values.yaml": "controller:\n  image: {name: tool, tag: 1.2.2} # of the release before\n"
    "  replicas: 2\n",
    "templates/pod.yaml": TEMPLATE,
}
PUBLISHED = TREE | {
    "Chart.yaml": "name: tool\nversion: 1.2.3\nappVersion: 1.2.3\napiVersion: v2\n",
    "values.yaml": "# Comments of the release.\ncontroller:\n  replicas: 2\n"
    "  image:\n    name: registry.example/tool\n    tag: 1.2.3\n    digest: abc\n",
}
OURS = "controller: {image: {name: registry.example/tool, tag: 1.2.3}}\n"


@pytest.fixture
def source() -> Source:
    bare = Source(
        version="1.2.3",
        url="oci://registry.example/tool:1.2.3",
        archive="tool.tgz",
        paths=("templates", "values.yaml", "Chart.yaml"),
        chart=ChartPackage(
            name="tool",
            rewritten=("controller.image.name", "controller.image.tag", "controller.image.digest"),
        ),
        digest=DIGEST,
    )
    files = [(path, text.encode()) for path, text in TREE.items()]
    return bare.model_copy(update={"digest": bare.digest_of(files)})


def packaged(files: dict[str, str], source: Source, folder: Path) -> Archive:
    write_archive(folder / "tool.tgz", files, top="tool")
    return read_archive(folder / "tool.tgz", source, said_of="it")


@pytest.mark.parametrize("files", [TREE, PUBLISHED], ids=["tree", "published"])
def test_both_forms_of_a_release_are_the_pinned_one(
    files: dict[str, str], source: Source, tmp_path: Path
) -> None:
    verify_archive("tool", source, packaged(files, source, tmp_path), "it")


def test_both_forms_render_the_same_with_values_that_set_what_is_rewritten(
    source: Source, tools: Tools, tmp_path: Path
) -> None:
    rendered = set()
    (tmp_path / "ours.yaml").write_text(OURS, encoding="utf-8")
    for files in (TREE, PUBLISHED):
        chart = tmp_path / "chart"
        for path, content in packaged(files, source, tmp_path).files.items():
            (chart / path).parent.mkdir(parents=True, exist_ok=True)
            (chart / path).write_bytes(content)
        rendered.add(
            subprocess.run(
                [str(tools.helm), "template", str(chart), "--values", str(tmp_path / "ours.yaml")],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        shutil.rmtree(chart)

    [text] = rendered
    assert "registry.example/tool:1.2.3" in text


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("values.yaml", "replicas: 2", "replicas: 3"),
        ("templates/pod.yaml", "name: one", "name: two"),
    ],
)
def test_whatever_else_differs_is_refused(
    path: str, old: str, new: str, source: Source, tmp_path: Path
) -> None:
    changed = PUBLISHED | {path: PUBLISHED[path].replace(old, new)}

    with pytest.raises(DigestError, match="pinned sha256:"):
        verify_archive("tool", source, packaged(changed, source, tmp_path), "it")


@pytest.mark.parametrize(
    ("chart", "found"),
    [
        ("name: tool\nversion: 1.2.4\n", "chart tool 1.2.4"),
        ("name: other\nversion: 1.2.3\n", "chart other 1.2.3"),
        ("- no mapping\n", "no chart"),
    ],
)
def test_a_chart_of_another_version_under_the_right_name_is_refused(
    chart: str, found: str, source: Source, tmp_path: Path
) -> None:
    archive = packaged(PUBLISHED | {"Chart.yaml": chart}, source, tmp_path)

    with pytest.raises(DigestError, match=f"pinned chart tool 1.2.3\n  found  {found}"):
        verify_archive("tool", source, archive, "it")


def test_our_values_set_all_that_releases_rewrite(project: Path) -> None:
    lock = load_lock(project / "manifests" / "upstream.lock.yaml")
    charts = [
        each
        for each in load_components(project / "manifests" / "components").values()
        if each.chart
    ]

    assert charts
    for component in charts:
        assert component.chart is not None
        package = lock.sources[component.chart.source].chart
        assert package is not None
        values = yaml.safe_load((component.folder / "values.yaml").read_text("utf-8"))
        assert [key for key in package.rewritten if not value_at(values, key)] == []


def value_at(values: object, key: str) -> object:
    """The value under a key, dots between its parts, or None."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values


def test_values_may_be_anything_that_yaml_is(source: Source) -> None:
    def digest(values: str) -> str:
        return source.digest_of([("values.yaml", values.encode())])

    assert digest("day: 2026-01-01\n") != digest("day: 2026-01-02\n")
    assert digest("1: a\nb: c\n") == digest("b: c\n'1': a\n")
    assert digest("") == digest("{}\n")


@pytest.mark.parametrize("values", ["- a\n", "a: [\n"])
def test_values_that_are_none_name_the_chart(values: str, source: Source) -> None:
    with pytest.raises(UserError, match=r"chart tool: its values\.yaml is"):
        source.digest_of([("values.yaml", values.encode())])
