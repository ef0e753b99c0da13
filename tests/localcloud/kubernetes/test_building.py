"""The programs of a control plane are found, or built once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.kubernetes.building import (
    BuildError,
    Building,
    go_command,
    have_programs,
    to_build,
)
from localcloud.kubernetes.programs import (
    FOLDER,
    PROGRAMS,
    control_plane_of,
    missing_programs,
)

GO = """#!/bin/sh
echo "$@" >> "$0.calls"
if [ "$1" = list ]; then echo one two; exit 0; fi
echo "go: downloading k8s.io/api v0" >&2
echo k8s.io/api >&2
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\n' > "$2"
chmod +x "$2"
"""
TALKS = """#!/bin/sh
if [ "$1" = list ]; then echo one two; exit 0; fi
for number in $(seq 499); do printf 'k8s.io/api\\n\\n' >&2; done
while [ "$1" != -o ]; do shift; done
touch "$2"
"""
FAILS = """#!/bin/sh
if [ "$1" = list ]; then echo one two; exit 0; fi
echo "# k8s.io/api" >&2
echo "api.go:1:2: no such thing" >&2
exit 1
"""


def executable(file: Path, text: str = "#!/bin/sh\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def building(tmp_path: Path, said: list[str]) -> Building:
    return Building(
        folder=tmp_path / "programs",
        assets=[tmp_path / "nothing", tmp_path / "programs", tmp_path / "assets"],
        go=executable(tmp_path / "go", GO),
        say=said.append,
    )


def calls(building: Building) -> list[str]:
    assert building.go
    log = building.go.with_name("go.calls")
    return log.read_text().splitlines() if log.exists() else []


def test_programs_that_are_found_are_linked(building: Building, said: list[str]) -> None:
    assert to_build(building.folder, building.assets) == list(PROGRAMS)
    for name in PROGRAMS:
        executable(building.assets[2] / name)
    assert to_build(building.folder, building.assets) == []
    have_programs(building)
    for name in PROGRAMS:
        assert (building.folder / name).resolve() == building.assets[2] / name
    assert said == [f"{name}: {building.assets[2] / name}" for name in PROGRAMS]
    assert not calls(building)


def test_a_file_that_is_no_program_is_not_found(building: Building) -> None:
    building.assets[2].mkdir()
    (building.assets[2] / "etcd").touch(mode=0o644)
    have_programs(building)
    assert not (building.folder / "etcd").is_symlink()


def test_what_is_missing_is_built_and_stays(building: Building, said: list[str]) -> None:
    executable(building.assets[2] / "etcd")
    have_programs(building)
    assert to_build(building.folder, building.assets) == []
    built = [name for name in PROGRAMS if name != "etcd"]
    assert {file.name for file in building.folder.iterdir()} == {*PROGRAMS, "versions.json"}
    for name in built:
        assert (building.folder / name).is_file()
        assert f"{name}: built" in said
    assert len(calls(building)) == 2 * len(built)
    said.clear()
    have_programs(building)
    assert said[1:] == [f"{name}: built before" for name in built]
    assert len(calls(building)) == 2 * len(built)


def test_packages_are_counted_and_blank_lines_are_not(
    building: Building, said: list[str], tmp_path: Path
) -> None:
    have_programs(replace(building, go=executable(tmp_path / "talks", TALKS)))
    assert [line for line in said if line.startswith("etcd: ") and "built" in line] == [
        "etcd: building 2 packages, once; those built before are not built again",
        "etcd: 250 packages built",
        "etcd: built",
    ]


def test_kubernetes_is_built_with_its_version(building: Building) -> None:
    have_programs(building)
    [line] = [line for line in calls(building) if line.endswith("cmd/kube-apiserver")][1:]
    assert "-X k8s.io/component-base/version.gitVersion=v1." in line
    assert "-X k8s.io/component-base/version.gitMajor=1 " in line


def test_a_program_of_another_version_is_built_anew(building: Building, said: list[str]) -> None:
    have_programs(building)
    stamp = building.folder / "versions.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "kwok": "old"}))
    said.clear()
    have_programs(building)
    assert "kwok: built" in said
    assert "etcd: built before" in said


def test_a_link_whose_program_went_is_built(building: Building, said: list[str]) -> None:
    found = executable(building.assets[2] / "etcd")
    have_programs(building)
    found.unlink()
    have_programs(building)
    assert not (building.folder / "etcd").is_symlink()
    assert "etcd: built" in said


def test_without_go_one_sentence_says_what_to_do(building: Building, tmp_path: Path) -> None:
    without = Building(folder=building.folder, assets=building.assets, go=None, say=print)
    with pytest.raises(BuildError) as caught:
        have_programs(without)
    assert str(caught.value) == (
        "etcd is not here and cannot be built: there is no go on PATH; install Go, or let "
        "KUBEBUILDER_ASSETS name a folder with the program"
    )
    assert not (tmp_path / "programs" / "etcd").exists()


def test_a_build_that_fails_says_why_and_leaves_no_program(
    building: Building, tmp_path: Path
) -> None:
    fails = Building(
        folder=building.folder,
        assets=building.assets,
        go=executable(tmp_path / "bad-go", FAILS),
        say=print,
    )
    with pytest.raises(BuildError, match=r"etcd cannot be built: api.go:1:2: no such thing"):
        have_programs(fails)
    assert not (building.folder / "etcd").exists()


def test_go_is_taken_from_path_before_our_own(tmp_path: Path) -> None:
    first, own = tmp_path / "first", tmp_path / "own"
    assert go_command(str(first), own) is None
    executable(own / "go")
    assert go_command(str(first), own) == own / "go"
    executable(first / "go")
    assert go_command(str(first), own) == first / "go"


def test_a_control_plane_is_all_of_its_programs(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    for name in PROGRAMS:
        assert name in missing_programs(folder)
        assert control_plane_of(tmp_path) is None
        executable(folder / name)
    assert control_plane_of(tmp_path) == folder
