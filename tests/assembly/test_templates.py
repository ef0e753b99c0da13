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


def test_cfn_lint_finds_nothing_in_the_sample(sample_assembly: Assembly) -> None:
    assert lint_all(sample_assembly) == []


@pytest.mark.upstream
def test_cfn_lint_finds_nothing(upstream_assembly: Assembly) -> None:
    assert lint_all(upstream_assembly) == []


@pytest.mark.upstream
def test_every_object_is_valid_by_its_schema(upstream_assembly: Assembly) -> None:
    assert wrong_objects(upstream_assembly) == []


@pytest.mark.parametrize("name", ["KubeflowNetwork", "KubeflowCluster", "KubeflowPlatform"])
def test_snapshot(name: str, sample_assembly: Assembly, snapshot: SnapshotAssertion) -> None:
    template = normalized(sample_assembly.templates[name])

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
