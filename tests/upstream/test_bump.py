"""From Kubeflow 26.03 to 26.03.1-rc.2, as its sources are: one command, and what it says."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.fetching import NotAvailableError
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import SourceOptions, fetch_sources
from tests.support.workshops import Workshop

pytestmark = pytest.mark.upstream

NEW = "kubeflow-manifests=26.03.1-rc.2"
COMMITS = {
    "kubeflow-manifests": "9fca80cba541c1fae8bb33641444f5c4f88411c4",
    "argo-workflows": "bded09fe4abd37cb98d7fc81b4c14a6f5034e9ab",
    "jobset": "f7035a420bb6ebfe7f05494ce2fdff12ade319bf",
    "lws": "fc19b9ae9b0113d228ba15f4b62b06bea434b510",
}
"""What the release and what it names are; it names Argo as 26.03 does."""


@pytest.fixture(scope="module")
def release(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A project that pins 26.03, committed, with some of its components as they were for it."""
    root = tmp_path_factory.mktemp("release")
    shutil.copytree(Path(__file__).parent / "kubeflow-26.03", root / "manifests")
    shutil.copy(project / "manifests" / "upgrades.yaml", root / "manifests")
    # Without a mirror the folder stands for one that has nothing, and the network is asked.
    mirror = Path(os.environ.get("KUBEFLOW_UPSTREAM_MIRROR") or root)
    made = Workshop(root=root, cache=root / "cache", mirror=mirror)
    options = SourceOptions(cache=made.cache, mirror=made.mirror)
    try:
        fetch_sources(load_lock(made.lock_file), options, lambda _: None)
    except NotAvailableError as reason:
        pytest.skip(str(reason))
    made.commit()
    return made


def test_what_stops_it_is_told_on_one_screen_and_nothing_is_changed(
    release: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    before = release.lock_file.read_bytes()

    with pytest.raises(UserError, match="nothing is pinned: mend what is listed"):
        release.bump(NEW)

    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert lines[:3] == [
        "kubeflow-manifests: 26.03 -> 26.03.1-rc.2",
        "jobset: v0.10.1 -> v0.11.0, as kubeflow-manifests names it",
        "lws: v0.7.0 -> v0.8.0, as kubeflow-manifests names it",
    ]
    assert "  cert-manager: loses 49 of 52 objects and " in shown
    assert "  notebooks: no applications/jupyter/jupyter-web-app/upstream/overlays/istio" in shown
    assert "Steps by hand, when Kubeflow 26.03 becomes 26.03.1-rc.2: " in shown
    assert release.lock_file.read_bytes() == before


def test_what_is_listed_is_enough_to_mend_it(
    release: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError):
        release.bump(NEW)
    moved = re.findall(
        r"^  manifests/(\S+) names (\S+), which is not in the new sources\n"
        r"  perhaps it is (\S+)$",
        release.report,
        re.MULTILINE,
    )
    for name, old, new in moved:
        file = release.manifests / name
        text = file.read_text(encoding="utf-8").replace(old, f"../../upstream/{new}")
        file.write_text(text, encoding="utf-8")
    certificates = release.manifests / "components" / "cert-manager" / "kustomization.yaml"
    with certificates.open("a", encoding="utf-8") as file:
        file.write("  - ../../upstream/kubeflow-manifests/common/cert-manager/base\n")
    assert len(moved) == 5

    # The mirror has a stand-in for a program, and the dashboard's objects have other names.
    release.bump(NEW, accept=["kubeflow-manifests", "dashboard"])

    shown = capsys.readouterr().out
    assert "cert-manager ~49" in shown
    assert shown.splitlines()[-1].startswith("Pinned in manifests/upstream.lock.yaml.")
    assert "! Deployment.apps kubeflow-system/jobset-controller-manager" in release.report
    assert release.lock.kubeflow == "26.03.1-rc.2"
    pinned = {name: source.commit for name, source in release.lock.sources.items()}
    assert pinned == COMMITS
    text = release.lock_file.read_text(encoding="utf-8")
    assert text.startswith("# The sources of Kubeflow 26.03,")
    assert "# Code of the profile controller" in text
