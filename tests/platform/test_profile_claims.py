"""A profile's claims stay as long as it does, and their files longer, on a real control plane."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from kubeflow_aws.profiles.volumes import ProfileVolumes, profile_volumes
from tests.platform.governed import EDITOR, editable_profile
from tests.support.file_systems import FSX
from tests.support.kubernetes import Cluster, manifest
from tests.support.markdown import Page
from tests.support.platforms import PROJECT
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

STORAGE = PROJECT / "docs" / "storage.md"


@pytest.fixture
def profile(governed: Cluster) -> str:
    return editable_profile(governed)


def volumes_of(profile: str) -> list[dict[str, Any]]:
    found = profile_volumes(profile, ProfileVolumes(efs_class="efs", fsx=FSX))
    return [dict[str, Any](item) for item in found]


def phase_of(cluster: Cluster, profile: str) -> str:
    """The phase of its claim in FSx."""
    claim = f"/api/v1/namespaces/{profile}/persistentvolumeclaims/fast"
    code, answer = cluster.request("GET", claim)
    return str(answer["status"].get("phase")) if code == 200 else "not there"


def unbound(cluster: Cluster, profile: str) -> str:
    phase = phase_of(cluster, profile)
    return "" if phase == "Bound" else f"the claim of {profile} is {phase}"


def test_users_do_not_delete_the_claims_of_their_profile(governed: Cluster, profile: str) -> None:
    governed.apply(*volumes_of(profile))
    eventually(lambda: unbound(governed, profile))

    for name in ("fast", "shared"):
        said = governed.refusal("delete", "pvc", name, "-n", profile, f"--as={EDITOR}")
        assert "this claim belongs to the profile" in said
        label = ("label", "pvc", name, "-n", profile, f"--as={EDITOR}")
        said = governed.refusal(*label, "kubeflow-aws/volume-of-")
        assert "this claim belongs to the profile" in said
        governed.kubectl(*label, "of-mine=yes")
    governed.apply(*volumes_of(profile))

    assert phase_of(governed, profile) == "Bound"


def test_users_delete_claims_of_their_own(governed: Cluster, profile: str) -> None:
    own: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "fast", "namespace": profile},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    governed.kubectl("create", f"--as={EDITOR}", "-f", "-", stdin=manifest(own))
    # Whoever labels a claim of hers as the profile's keeps it.
    label = ("label", "pvc", "fast", "-n", profile)
    governed.kubectl(*label, f"--as={EDITOR}", "kubeflow-aws/volume-of=profile")
    governed.refusal("delete", "pvc", "fast", "-n", profile, f"--as={EDITOR}")
    governed.kubectl(*label, "kubeflow-aws/volume-of-")

    governed.kubectl("delete", "pvc", "fast", "-n", profile, f"--as={EDITOR}")


def test_a_profile_goes_with_its_claims_and_comes_back_to_its_files(
    governed: Cluster, profile: str
) -> None:
    governed.apply(*volumes_of(profile))
    eventually(lambda: unbound(governed, profile))
    volume = f"/api/v1/persistentvolumes/fast-{profile}"
    before = governed.get(volume)["spec"]["csi"]

    governed.kubectl("delete", "namespace", profile)
    eventually(lambda: governed.get(volume)["status"]["phase"] != "Released")
    governed.kubectl("create", "namespace", profile)
    governed.apply(*volumes_of(profile))
    # What is bound after it has come, so it has been looked at.
    second = governed.namespace()
    governed.apply(*volumes_of(second))
    eventually(lambda: unbound(governed, second))
    assert phase_of(governed, profile) == "Pending"

    [command] = [
        line
        for block in Page("docs/storage.md", STORAGE.read_text(encoding="utf-8")).blocks
        for line in block.text.splitlines()
        if line.startswith("kubectl patch pv")
    ]
    arguments = shlex.split(command.replace("fast-PROFILE", f"fast-{profile}"))
    governed.kubectl(*arguments[1:])

    eventually(lambda: unbound(governed, profile))
    assert governed.get(volume)["spec"]["csi"] == before
