"""What references over the network name."""

from __future__ import annotations

import pytest

from kubeflow_aws.bump.references import (
    GitHubReference,
    is_remote,
    parse_reference,
    repository_of,
)
from kubeflow_aws.upstream.lock import Source


def folder(path: str, version: str, repository: str = "example/tool") -> GitHubReference:
    return GitHubReference(repository=repository, version=version, path=path, is_folder=True)


def file(path: str, version: str) -> GitHubReference:
    return GitHubReference(repository="example/tool", version=version, path=path, is_folder=False)


@pytest.mark.parametrize(
    ("url", "reference"),
    [
        ("https://github.com/example/tool/config/default?ref=v1", folder("config/default", "v1")),
        ("https://github.com/example/tool//config/default?ref=v1", folder("config/default", "v1")),
        ("https://github.com/example/tool.git//config?ref=v1", folder("config", "v1")),
        ("https://github.com/example/tool/config?ref=v1&timeout=60s", folder("config", "v1")),
        ("https://github.com/example/tool/config?timeout=60s&version=v1", folder("config", "v1")),
        ("github.com/example/tool/config?ref=v1", folder("config", "v1")),
        ("https://github.com/example/tool", folder("", "")),
        (
            "https://github.com/example/tool/releases/download/v1/manifests.yaml",
            file("releases/manifests.yaml", "v1"),
        ),
        (
            "https://raw.githubusercontent.com/example/tool/v1/deploy/all.yaml",
            file("deploy/all.yaml", "v1"),
        ),
        ("https://example.com/example/tool/config?ref=v1", None),
        ("https://github.com/example", None),
    ],
)
def test_forms(url: str, reference: GitHubReference | None) -> None:
    assert parse_reference(url) == reference


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (folder("config", "v2"), True),
        (folder("config", "v2", "Example/Tool"), True),
        (folder("other", "v1"), False),
        (folder("config", "v1", "example/other"), False),
        (file("config", "v1"), False),
    ],
)
def test_what_differs_in_its_version_alone(other: GitHubReference, same: bool) -> None:
    assert folder("config", "v1").is_another_version_of(other) is same


@pytest.mark.parametrize(
    ("entry", "remote"),
    [
        ("https://example.com/all.yaml", True),
        ("github.com/example/tool", True),
        ("git@github.com:example/tool", True),
        ("git::https://example.com/tool", True),
        ("ssh://git@example.com/tool", True),
        ("../base", False),
        ("github.com.yaml", False),
    ],
)
def test_what_is_loaded_over_the_network(entry: str, remote: bool) -> None:
    assert is_remote(entry) is remote


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/example/tool/archive/{commit}.tar.gz", "example/tool"),
        ("oci://example.com/tool:1.0", None),
    ],
)
def test_the_repository_of_a_source(url: str, repository: str | None) -> None:
    source = Source(
        version="1.0",
        commit="0" * 40 if repository else None,
        url=url,
        archive="a",
        paths=("a",),
        digest=f"sha256:{'0' * 64}",
    )

    assert repository_of(source) == repository
