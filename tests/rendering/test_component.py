"""component.yaml: what it may say, and in which order components come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import Component, in_order, load_components


def write(root: Path, name: str, text: str, *files: str) -> None:
    folder = root / name
    for file in ("component.yaml", *files):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text if file == "component.yaml" else "", encoding="utf-8")


def test_components_come_after_those_they_name(component: Callable[..., Component]) -> None:
    names = ("a", "b", "c")
    after = (("b",), ("c",), ())
    components = {n: component(n, after=a) for n, a in zip(names, after, strict=True)}

    assert [one.name for one in in_order(components)] == ["c", "b", "a"]


def test_what_is_not_installed_is_not_waited_for(component: Callable[..., Component]) -> None:
    assert len(in_order({"a": component("a", after=("knative",))})) == 1


def test_a_circle_is_refused_with_its_members(component: Callable[..., Component]) -> None:
    components = {
        name: component(name, after=after)
        for name, after in {"x": ("a",), "a": ("b",), "b": ("c",), "c": ("a",)}.items()
    }

    with pytest.raises(UserError, match="a after b after c after a; remove one `after`"):
        in_order(components)


@pytest.mark.parametrize(
    ("text", "files", "sentence"),
    [
        ("description: [", (), "is not YAML"),
        ("description: x\ncolour: blue", ("kustomization.yaml",), "colour: Extra inputs"),
        ("description: x", (), "kustomization.yaml is missing"),
        ("description: x\nvariants: [rds]", (), "overlays/rds/kustomization.yaml is missing"),
        (
            "description: x\nchart: {source: s, release: r, namespace: n}",
            (),
            "values.yaml is missing",
        ),
        (
            "description: x\nafter: [moon]",
            ("kustomization.yaml",),
            "after: moon is no component; there are one",
        ),
        (
            "description: x\nready: [{kind: Pod, name: p}]",
            ("kustomization.yaml",),
            "ready.0.kind: Input should be 'Deployment'",
        ),
        (
            "description: x\npacks: {workloads: 0}",
            ("kustomization.yaml",),
            "packs.workloads: Input should be greater than or equal to 1",
        ),
    ],
)
def test_a_wrong_declaration_names_file_and_field(
    text: str, files: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    write(tmp_path, "one", text, *files)

    with pytest.raises(UserError) as refusal:
        load_components(tmp_path)

    assert str(refusal.value).startswith(str(tmp_path / "one" / "component.yaml"))
    assert sentence in str(refusal.value)
