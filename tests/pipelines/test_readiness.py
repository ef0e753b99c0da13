"""When the API server of Pipelines counts as ready."""

from __future__ import annotations

from typing import Any

from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import Assembly


def readiness(assembly: Assembly) -> dict[str, Any]:
    """What the kubelet asks the API server."""
    [deployment] = [
        item
        for item in assembly.objects()
        if item["kind"] == "Deployment" and key_of(item).name == "ml-pipeline"
    ]
    found: Any = deployment
    [container] = [
        each
        for each in found["spec"]["template"]["spec"]["containers"]
        if each["name"] == "ml-pipeline-api-server"
    ]
    probe: dict[str, Any] = container.get("readinessProbe", {})
    return probe


def test_with_rds_it_is_ready_while_it_reads_from_the_database(rds_s3_assembly: Assembly) -> None:
    probe = readiness(rds_s3_assembly)

    assert probe["httpGet"] == {"path": "/apis/v2beta1/pipelines?page_size=1", "port": 8888}
    assert probe["timeoutSeconds"] < probe["periodSeconds"]


def test_without_rds_upstream_decides(sample_assembly: Assembly) -> None:
    path = readiness(sample_assembly).get("httpGet", {}).get("path", "")

    assert "pipelines" not in path
