"""The templates as CloudFormation and Kubernetes would read them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from tests.support.assembly import Assembly, CheckedAssembly
from tests.support.schemas import Schemas
from tests.support.snapshots import normalized

IGNORED = {
    "W3005": "CDK repeats a dependency that a reference implies",
    "W3010": "the zones come from the deployment file, so that synth needs no look-up",
}


@functools.cache
def lint_text(text: str) -> list[str]:
    """What cfn-lint says; options share most of their templates."""
    return [
        f"{match.rule.id} {match.message}"
        for match in lint(
            text, config=ManualArgs(regions=["us-west-2"], ignore_checks=list(IGNORED))
        )
    ]


def lint_all(assembly: Assembly) -> list[str]:
    return [
        f"{file.name}: {finding}"
        for file in sorted(assembly.folder.glob("*.template.json"))
        for finding in lint_text(file.read_text(encoding="utf-8"))
    ]


def wrong_objects(assembly: Assembly) -> list[str]:
    objects = list(assembly.objects())
    schemas = Schemas(objects, DEFAULT_KUBERNETES_VERSION)
    return [error for item in objects if (error := schemas.error(item))]


OPTIONS = {
    "vanilla": "sample_assembly",
    "cognito": "cognito_assembly",
    "data-plane": "data_plane_assembly",
}
"""Fixtures of options that are tested with more than their deployment file has."""

Option = Callable[[str], CheckedAssembly]


def assembly_of(name: str, request: pytest.FixtureRequest) -> Assembly:
    """The session's synthesized app of an option."""
    if name in OPTIONS:
        assembly: Assembly = request.getfixturevalue(OPTIONS[name])
        return assembly
    option: Option = request.getfixturevalue("option")
    return option(name).assembly


@pytest.fixture(params=[*OPTIONS, "rds-s3"])
def any_sample(request: pytest.FixtureRequest) -> Assembly:
    return assembly_of(request.param, request)


@pytest.fixture(
    params=["upstream_assembly", "upstream_cognito_assembly", "upstream_default_assembly"],
    ids=["vanilla", "cognito", "default"],
)
def any_upstream(request: pytest.FixtureRequest) -> Assembly:
    assembly: Assembly = request.getfixturevalue(request.param)
    return assembly


def test_cfn_lint_finds_nothing_in_the_sample(any_sample: Assembly) -> None:
    assert lint_all(any_sample) == []


def test_every_object_of_the_sample_is_valid_by_its_schema(any_sample: Assembly) -> None:
    assert wrong_objects(any_sample) == []


@pytest.mark.upstream
def test_cfn_lint_finds_nothing(upstream_assembly: Assembly) -> None:
    assert lint_all(upstream_assembly) == []


@pytest.mark.upstream
def test_every_object_is_valid_by_its_schema(any_upstream: Assembly) -> None:
    assert wrong_objects(any_upstream) == []


SNAPSHOTS = [
    ("vanilla", "KubeflowNetwork"),
    ("vanilla", "KubeflowCluster"),
    ("vanilla", "KubeflowPlatform"),
    ("cognito", "KubeflowDomain"),
    ("cognito", "KubeflowIdentity"),
    ("cognito", "KubeflowPlatform"),
    ("cognito", "KubeflowPlatformComponentsCognito"),
    ("cognito", "KubeflowPlatformComponentsIngress"),
    ("rds-s3", "KubeflowData"),
    ("rds-s3", "KubeflowPlatform"),
    ("rds-s3", "KubeflowPlatformComponentsDatabase"),
    ("rds-s3", "KubeflowPlatformComponentsPipelines"),
    ("rds-s3", "KubeflowPlatformComponentsKatib"),
    ("rds-only", "KubeflowData"),
    ("rds-only", "KubeflowPlatformComponentsPipelines"),
    ("s3-only", "KubeflowData"),
    ("s3-only", "KubeflowPlatformComponentsPipelines"),
    ("cognito-rds-s3", "KubeflowPlatform"),
    ("cognito-rds-only", "KubeflowPlatform"),
    ("cognito-s3-only", "KubeflowPlatform"),
    ("data-plane", "KubeflowCluster"),
    ("data-plane", "KubeflowData"),
    ("data-plane", "KubeflowMonitoring"),
    ("data-plane", "KubeflowStorage"),
    ("data-plane", "KubeflowPlatform"),
    ("data-plane", "KubeflowPlatformComponentsEfs"),
    ("data-plane", "KubeflowPlatformComponentsFsx"),
    ("data-plane", "KubeflowPlatformComponentsNotebooks"),
    ("vanilla", "KubeflowMonitoring"),
]


@pytest.mark.parametrize(("deployment", "name"), SNAPSHOTS)
def test_snapshot(
    deployment: str, name: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion
) -> None:
    assembly = assembly_of(deployment, request)
    nested = "Components" in name
    template = normalized(assembly.nested(name) if nested else assembly.templates[name])

    assert template == snapshot.use_extension(JSONSnapshotExtension)


def test_no_template_holds_a_path_of_this_machine(sample_assembly: Assembly) -> None:
    for file in sample_assembly.folder.glob("*.template.json"):
        assert str(Path.home()) not in file.read_text(encoding="utf-8")


def test_a_wrong_object_would_be_found(sample_assembly: Assembly) -> None:
    schemas = Schemas(sample_assembly.objects(), DEFAULT_KUBERNETES_VERSION)
    named: KubernetesObject = {"metadata": {"name": "x"}}

    assert "replicaz" in str(
        schemas.error({"apiVersion": "v1", "kind": "ConfigMap", **named, "replicaz": 1})
    )
    assert "no schema" in str(schemas.error({"apiVersion": "a.example/v1", "kind": "A", **named}))
