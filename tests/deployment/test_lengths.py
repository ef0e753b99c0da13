"""Names that AWS would refuse once they are put together to something longer."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.deployment import load_deployment
from kubeflow_aws.deployment.rules.lengths import LONGEST_EFS_PATH, efs_folder
from kubeflow_aws.deployment.storage import SHARED_CLAIM
from tests.support.deployments import PROJECT
from tests.support.refusals import DEX_USERS, WEST, assert_refused

CLASS = PROJECT / "manifests" / "components" / "efs" / "storage-class.yaml"
LONGEST_PROFILE = 48


def with_profile(name: str, storage: str = "") -> str:
    return (
        f"{WEST}preset: vanilla\n{DEX_USERS}{storage}"
        f"profiles: [{{name: {name}, owner: user@example.com}}]\n"
    )


def with_domain(name: str, settings: str = "") -> str:
    return (
        f"{WEST}preset: cognito\n"
        f"domain: {{name: {name}, hosted_zone: {{id: Z0123456789EXAMPLE, name: example.com}}}}\n"
        f"auth: {{users: [{{email: alice@example.com}}], {settings}}}\n"
    )


def accepts(text: str, folder: Path) -> bool:
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return load_deployment(file).name == "kubeflow"


def path_of_the_driver(profile: str) -> str:
    """The folder that the driver makes of the class's parameters and a profile's claim."""
    text = CLASS.read_text(encoding="utf-8")
    parameters = yaml.safe_load(text)["parameters"]
    assert parameters["ensureUniqueDirectory"] == "true"
    below = (
        parameters["subPathPattern"]
        .replace("${.PVC.namespace}", profile)
        .replace("${.PVC.name}", SHARED_CLAIM)
    )
    return f"{parameters['basePath']}/{below}-{uuid.uuid4()}"


def test_the_folder_of_a_claim_is_that_of_the_storage_class() -> None:
    assert path_of_the_driver("alice").startswith(f"{efs_folder('alice')}-")


def test_the_claim_of_the_longest_profile_has_a_path_that_the_driver_takes(tmp_path: Path) -> None:
    longest = "a" * LONGEST_PROFILE

    assert accepts(with_profile(longest), tmp_path)
    assert len(path_of_the_driver(longest)) == LONGEST_EFS_PATH


def test_a_profile_whose_claim_would_stay_pending_is_refused(tmp_path: Path) -> None:
    name = "a" * (LONGEST_PROFILE + 1)

    assert len(path_of_the_driver(name)) > LONGEST_EFS_PATH
    assert_refused(
        with_profile(name),
        f"profiles names {name}, of 49 characters; with storage.efs on, the driver makes its claim "
        "a folder and takes no path over 100, so give a name of 48 or fewer",
        tmp_path,
    )


def test_without_efs_a_profile_is_as_long_as_a_namespace(tmp_path: Path) -> None:
    assert accepts(with_profile("a" * 63, "storage: {efs: {enabled: false}}\n"), tmp_path)


@pytest.mark.parametrize(
    ("surplus", "settings", "host"),
    [(62, "", "*."), (59, "cognito: {custom_domain: true}", "auth.")],
)
def test_a_domain_is_as_long_as_its_certificates_allow(
    surplus: int, settings: str, host: str, tmp_path: Path
) -> None:
    end = ".example.com"
    longest = "a" * 20 + "." + "b" * (surplus - len(end) - 21) + end
    prefix = settings or "cognito: {domain_prefix: team}"

    assert accepts(with_domain(longest, prefix), tmp_path)
    assert_refused(
        with_domain(f"a{longest}", prefix),
        f"certificate for {host}a{longest}, and those have names of 64 at most; give a name of "
        f"{surplus} or fewer",
        tmp_path,
    )
