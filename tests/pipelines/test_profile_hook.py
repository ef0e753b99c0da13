"""The hook of profiles, called over HTTP as metacontroller calls it."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests
import yaml

from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import Assembly
from tests.support.schemas import Schemas

PROJECT = Path(__file__).resolve().parents[2]
HOOK = PROJECT / "manifests" / "components" / "pipelines" / "s3" / "sync.py"
ENVIRONMENT = {"ARTIFACTS_BUCKET": "artifacts", "AWS_REGION": "us-west-2", "KFP_VERSION": "2.17.0"}


@pytest.fixture(scope="session")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sync", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by name.
    sys.modules["sync"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def url(hook: ModuleType) -> Iterator[str]:
    server = hook.server(hook.Settings.of(ENVIRONMENT), 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sync"
    server.shutdown()
    thread.join()
    server.server_close()


def call(url: str, body: object) -> Any:
    answer = requests.post(url, data=json.dumps(body), timeout=10)
    answer.raise_for_status()
    return answer.json()


def namespace(
    *, annotations: Mapping[str, str] | None = None, enabled: str = "true"
) -> dict[str, Any]:
    return {
        "object": {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": "alice",
                "labels": {"pipelines.kubeflow.org/enabled": enabled},
                "annotations": dict(annotations or {}),
            },
        },
        "attachments": {"ConfigMap.v1": {}, "Deployment.apps/v1": {}, "Service.v1": {}},
    }


def named(answer: Any, kind: str, name: str) -> Any:
    [found] = [
        each
        for each in answer["attachments"]
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return found


def test_pipelines_write_into_the_profiles_folder_by_its_role(url: str) -> None:
    data = named(call(url, namespace()), "ConfigMap", "kfp-launcher")["data"]

    assert data["defaultPipelineRoot"] == "s3://artifacts/private-artifacts/alice/v2/artifacts"
    assert yaml.safe_load(data["providers"])["s3"]["default"] == {
        "endpoint": "s3.us-west-2.amazonaws.com",
        "region": "us-west-2",
        "credentials": {"fromEnv": True},
    }


def test_a_folder_of_its_own_name_is_for_artifacts_and_logs_stay_where_the_ui_looks(
    url: str,
) -> None:
    answer = call(url, namespace(annotations={"kubeflow-aws/artifacts-prefix": "teams/vision"}))
    repositories = named(answer, "ConfigMap", "artifact-repositories")["data"]

    assert (
        named(answer, "ConfigMap", "kfp-launcher")["data"]["defaultPipelineRoot"]
        == "s3://artifacts/teams/vision/v2/artifacts"
    )
    assert yaml.safe_load(repositories["default-namespaced"])["s3"]["keyFormat"].startswith(
        "private-artifacts/alice/{{workflow.name}}/"
    )


def test_argo_archives_logs_by_the_role_of_the_pod(url: str) -> None:
    repositories = named(call(url, namespace()), "ConfigMap", "artifact-repositories")
    [default] = repositories["metadata"]["annotations"].values()
    s3 = yaml.safe_load(repositories["data"][default])["s3"]

    assert yaml.safe_load(repositories["data"][default])["archiveLogs"] is True
    assert s3["useSDKCreds"] is True
    assert s3["insecure"] is False
    assert not {"accessKeySecret", "secretKeySecret"} & s3.keys()


def test_the_logs_are_where_the_ui_and_the_controller_say(
    url: str, rds_s3_assembly: Assembly
) -> None:
    repositories = named(call(url, namespace()), "ConfigMap", "artifact-repositories")["data"]
    objects = {str(key_of(item)): item for item in rds_s3_assembly.objects()}
    controller: Any = objects["ConfigMap kubeflow/workflow-controller-configmap"]
    ui: Any = objects["Deployment.apps kubeflow/ml-pipeline-ui"]
    [container] = ui["spec"]["template"]["spec"]["containers"]
    [of_ui] = [e["value"] for e in container["env"] if e["name"] == "ARGO_KEYFORMAT"]

    of_hook = yaml.safe_load(repositories["default-namespaced"])["s3"]["keyFormat"]
    of_controller = yaml.safe_load(controller["data"]["artifactRepository"])["s3"]["keyFormat"]

    assert of_controller == of_ui
    assert of_controller.replace("{{workflow.namespace}}", "alice") == of_hook


def test_artifacts_are_read_by_a_pod_of_the_profile(url: str) -> None:
    answer = call(url, namespace())
    pod = named(answer, "Deployment", "ml-pipeline-ui-artifact")["spec"]["template"]["spec"]
    service = named(answer, "Service", "ml-pipeline-ui-artifact")["spec"]

    assert pod["serviceAccountName"] == "default-editor"
    assert pod["automountServiceAccountToken"] is False
    assert pod["containers"][0]["image"] == "ghcr.io/kubeflow/kfp-frontend:2.17.0"
    assert service["ports"][0]["port"] == 80


def test_no_key_is_anywhere(url: str) -> None:
    answer = json.dumps(call(url, namespace()))

    assert "Secret" not in {each["kind"] for each in json.loads(answer)["attachments"]}
    assert not any(word in answer.lower() for word in ("minio", "seaweed", "accesskey"))


def test_what_it_asks_for_is_what_kubernetes_takes(url: str) -> None:
    schemas = Schemas([], "1.35")

    for item in call(url, namespace())["attachments"]:
        assert schemas.error(item) is None


def test_it_is_ready_once_everything_is_there(url: str) -> None:
    request = namespace()
    first = call(url, request)
    request["attachments"] = {
        f"{item['kind']}.v1": {
            other["metadata"]["name"]: other
            for other in first["attachments"]
            if other["kind"] == item["kind"]
        }
        for item in first["attachments"]
    }

    assert first["status"] == {"kubeflow-pipelines-ready": "False"}
    assert call(url, request)["status"] == {"kubeflow-pipelines-ready": "True"}


def test_a_namespace_without_pipelines_gets_nothing(url: str) -> None:
    assert call(url, namespace(enabled="false")) == {"status": {}, "attachments": []}


@pytest.mark.parametrize("body", [{}, [], "text", {"object": {"metadata": {}}}, {"object": None}])
def test_a_wrong_call_is_refused_and_the_next_one_answered(url: str, body: object) -> None:
    if body == {"object": {"metadata": {}}}:
        # Without labels it is a namespace without Pipelines.
        assert call(url, body)["attachments"] == []
    else:
        with pytest.raises(requests.HTTPError, match="400"):
            call(url, body)
    assert call(url, namespace())["attachments"]


def test_without_a_bucket_it_does_not_start(hook: ModuleType) -> None:
    with pytest.raises(KeyError, match="ARTIFACTS_BUCKET"):
        hook.Settings.of({"AWS_REGION": "us-west-2", "KFP_VERSION": "2.17.0"})
