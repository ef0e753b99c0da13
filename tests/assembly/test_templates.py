"""The templates as CloudFormation and Kubernetes would read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from kubeflow_aws.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from kubeflow_aws.manifests.objects import KubernetesObject
from tests.support.assembly import Assembly
from tests.support.schemas import Schemas
from tests.support.snapshots import normalized

IGNORED = {
    "W3005": "CDK repeats a dependency that a reference implies",
    "W3010": "the zones come from the deployment file, so that synth needs no look-up",
}


def lint_all(assembly: Assembly) -> list[str]:
    return [
        f"{file.name}: {match.rule.id} {match.message}"
        for file in sorted(assembly.folder.glob("*.template.json"))
        for match in lint(
            file.read_text(encoding="utf-8"),
            config=ManualArgs(regions=["us-west-2"], ignore_checks=list(IGNORED)),
        )
    ]


def wrong_objects(assembly: Assembly) -> list[str]:
    objects = list(assembly.objects())
    schemas = Schemas(objects, DEFAULT_KUBERNETES_VERSION)
    return [error for item in objects if (error := schemas.error(item))]


OPTIONS = {"vanilla": "sample_assembly", "cognito": "cognito_assembly"}
"""The session's synthesized app of each option."""


@pytest.fixture(params=OPTIONS.values(), ids=list(OPTIONS))
def any_sample(request: pytest.FixtureRequest) -> Assembly:
    assembly: Assembly = request.getfixturevalue(request.param)
    return assembly


@pytest.fixture(
    params=["upstream_assembly", "upstream_cognito_assembly"], ids=["vanilla", "cognito"]
)
def any_upstream(request: pytest.FixtureRequest) -> Assembly:
    assembly: Assembly = request.getfixturevalue(request.param)
    return assembly


def test_cfn_lint_finds_nothing_in_the_sample(any_sample: Assembly) -> None:
    assert lint_all(any_sample) == []


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
]


@pytest.mark.parametrize(("option", "name"), SNAPSHOTS)
def test_snapshot(
    option: str, name: str, request: pytest.FixtureRequest, snapshot: SnapshotAssertion
) -> None:
    assembly: Assembly = request.getfixturevalue(OPTIONS[option])
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
