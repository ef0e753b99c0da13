"""Gets the programs of a control plane: those that this machine has, or built from their sources.

The sources come through the Go module proxy, at the versions and digests of the modules in
`localcloud/control-plane`. Built without anything in Go's caches, on two idle cores, it took nine
minutes, 1.5 GB of downloads and 3 GB of build cache (2026-11-30).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from localcloud.kubernetes.programs import PROGRAMS

_MODULES: Final = Path(__file__).parents[1] / "control-plane"
_KWOK: Final = _MODULES / "kwok"
_KUBERNETES: Final = "k8s.io/kubernetes"
_PACKAGES: Final[Mapping[str, tuple[Path, str]]] = {
    "etcd": (_MODULES, "go.etcd.io/etcd/server/v3"),
    **{
        name: (_MODULES, f"{_KUBERNETES}/cmd/{name}")
        for name in PROGRAMS
        if name.startswith("kube-")
    },
    "kwok": (_KWOK, "sigs.k8s.io/kwok/cmd/kwok"),
}
_STAMP: Final = "versions.json"


class BuildError(Exception):
    """A program is neither here nor could it be built."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Building:
    """Where programs are looked for, and how they are built.

    Attributes:
        folder: Where they go.
        assets: Folders to look in first: KUBEBUILDER_ASSETS and PATH.
        go: The ``go`` command; None if there is none.
        say: Told what is done, line by line.
    """

    folder: Path
    assets: Sequence[Path]
    go: Path | None
    say: Callable[[str], None]


def have_programs(building: Building) -> None:
    """Put all programs into the folder; what is there at the right version stays.

    Raises:
        BuildError: If one is missing and cannot be built.
    """
    wanted, built = _versions(), _built(building.folder)
    missing = to_build(building.folder, building.assets)
    building.folder.mkdir(parents=True, exist_ok=True)
    if missing:
        building.say("building from sources: nine minutes for all on two idle cores, once")
    for name in PROGRAMS:
        file = building.folder / name
        found = _found(name, building.assets, building.folder)
        if found:
            file.unlink(missing_ok=True)
            file.symlink_to(found)
            building.say(f"{name}: {found}")
        elif name in missing:
            _build(name, file, building)
        else:
            building.say(f"{name}: built before")
        built[name] = wanted[name]
        # After each, so that what is interrupted goes on where it was.
        stamp = building.folder / _STAMP
        stamp.write_text(json.dumps(built, indent=2) + "\n", encoding="utf-8")


def to_build(folder: Path, assets: Sequence[Path]) -> list[str]:
    """The programs that are neither found on this machine nor built at the right version.

    Args:
        folder: Where they go.
        assets: Folders to look in first.
    """
    wanted, built = _versions(), _built(folder)
    return [
        name
        for name in PROGRAMS
        if not _found(name, assets, folder)
        and (
            (folder / name).is_symlink()
            or not (folder / name).is_file()
            or built.get(name) != wanted[name]
        )
    ]


def _built(folder: Path) -> dict[str, str]:
    """What each program in the folder was built of."""
    stamp = folder / _STAMP
    return dict(json.loads(stamp.read_text(encoding="utf-8"))) if stamp.is_file() else {}


def _found(name: str, folders: Sequence[Path], own: Path) -> Path | None:
    for folder in folders:
        file = (folder / name).absolute()
        if folder.resolve() != own.resolve() and os.access(file, os.X_OK) and file.is_file():
            return file
    return None


def _build(name: str, file: Path, building: Building) -> None:
    if building.go is None:
        raise BuildError(
            f"{name} is not here and cannot be built: there is no go on PATH; install Go, or let "
            "KUBEBUILDER_ASSETS name a folder with the program"
        )
    module, package = _PACKAGES[name]
    total = len(_run(building.go, module, "list", "-deps", package).split())
    building.say(f"{name}: building {total} packages, once; those built before are not built again")
    making = file.with_name(f"{name}.part")
    command = ["build", "-v", "-trimpath", "-ldflags", _link_flags(), "-o", str(making), package]
    for count, line in enumerate(_lines(building.go, module, command), 1):
        if " " in line:
            raise BuildError(f"{name} cannot be built: {line}")
        if count % 250 == 0:
            building.say(f"{name}: {count} packages built")
    making.replace(file)
    building.say(f"{name}: built")


def _link_flags() -> str:
    """Without symbols, and with the version, which the API server would not know otherwise."""
    version = _version_of_kubernetes()
    major, minor, _ = version.removeprefix("v").split(".", 2)
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    named = (f"-X k8s.io/component-base/version.{name}={value}" for name, value in values.items())
    return " ".join(["-s", "-w", *named])


def _version_of_kubernetes() -> str:
    for line in (_MODULES / "go.mod").read_text(encoding="utf-8").splitlines():
        name, _, version = line.strip().partition(" ")
        if name == _KUBERNETES:
            return version.split()[0]
    raise BuildError(f"{_MODULES / 'go.mod'} requires no {_KUBERNETES}")


def _versions() -> dict[str, str]:
    """A digest of what a program is built of, by its name."""
    return {
        name: sha256(
            (module / "go.mod").read_bytes() + (module / "go.sum").read_bytes()
        ).hexdigest()
        for name, (module, _) in _PACKAGES.items()
    }


def _run(go: Path, module: Path, *arguments: str) -> str:
    done = subprocess.run([go, *arguments], cwd=module, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        raise BuildError(f"go {arguments[0]} failed in {module}: {said[-1]}")
    return done.stdout


def _lines(go: Path, module: Path, arguments: Sequence[str]) -> Iterator[str]:
    """What a command writes to its standard error; downloads are no news."""
    with subprocess.Popen(
        [go, *arguments], cwd=module, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as process:
        last = ""
        for line in filter(None, map(str.strip, process.stderr or ())):
            last = line
            if not line.startswith(("go: ", "#")):
                yield line
    if process.returncode:
        raise BuildError(f"go build failed in {module}: {last}")


def go_command(path: str, own: Path) -> Path | None:
    """Go from PATH, or else the one that `make control-plane` installed from PyPI."""
    found = shutil.which("go", path=path) or shutil.which("go", path=str(own))
    return Path(found) if found else None
