"""After a rotation, the script of the CronJob starts new pods, with the real kubectl."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.support.kubectl import Kubectl, layer_kubectl
from tests.support.kubernetes import Cluster

SCRIPT = PROJECT / "manifests" / "components" / "database" / "follow-rotation.sh"
CLIENTS = {
    "mysql-secret": ("ml-pipeline", "metadata-grpc-deployment", "cache-server"),
    "katib-mysql-secrets": ("katib-db-manager",),
}
ANNOTATION = "kubeflow-aws/credentials"


def secret(name: str, namespace: str, password: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": {
            "username": base64.b64encode(b"user_a").decode(),
            "password": base64.b64encode(password.encode()).decode(),
        },
    }


def deployment(name: str, namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "a", "image": "a:1"}]},
            },
        },
    }


@pytest.fixture
def clients(cluster: Cluster, namespace: str) -> str:
    """A namespace with all clients of the database."""
    cluster.apply(
        *(secret(name, namespace, "first") for name in CLIENTS),
        *(deployment(name, namespace) for names in CLIENTS.values() for name in names),
    )
    return namespace


def run_script(
    program: Kubectl, namespace: str, tmp_path: Path
) -> subprocess.CompletedProcess[str]:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f'#!/bin/sh\nexec {layer_kubectl()} "$@"\n')
    kubectl.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "KUBECONFIG": str(program.kubeconfig),
            "NAMESPACE": namespace,
            "CONNECT_SECONDS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def follow(cluster: Cluster, namespace: str, tmp_path: Path) -> str:
    done = run_script(cluster.program, namespace, tmp_path)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pods_of(cluster: Cluster, namespace: str) -> dict[str, str | None]:
    """What the pods of each Deployment are started with."""
    found = json.loads(cluster.kubectl("get", "deployments", "-n", namespace, "-o", "json"))
    return {
        item["metadata"]["name"]: item["spec"]["template"]["metadata"]
        .get("annotations", {})
        .get(ANNOTATION)
        for item in found["items"]
    }


def test_pods_that_have_just_been_started_stay(
    cluster: Cluster, clients: str, tmp_path: Path
) -> None:
    follow(cluster, clients, tmp_path)
    follow(cluster, clients, tmp_path)

    assert set(pods_of(cluster, clients).values()) == {None}


def test_only_whose_credentials_changed_is_started_anew_and_only_once(
    cluster: Cluster, clients: str, tmp_path: Path
) -> None:
    follow(cluster, clients, tmp_path)
    cluster.apply(secret("mysql-secret", clients, "second"))

    follow(cluster, clients, tmp_path)
    after = pods_of(cluster, clients)

    assert after["katib-db-manager"] is None
    assert len({after[name] for name in CLIENTS["mysql-secret"]} - {None}) == 1
    assert "patched" not in follow(cluster, clients, tmp_path)
    assert pods_of(cluster, clients) == after


def test_a_deploy_keeps_what_the_rotation_said(
    cluster: Cluster, clients: str, tmp_path: Path
) -> None:
    follow(cluster, clients, tmp_path)
    cluster.apply(secret("mysql-secret", clients, "second"))
    follow(cluster, clients, tmp_path)
    before = pods_of(cluster, clients)

    cluster.apply(deployment("ml-pipeline", clients))

    assert pods_of(cluster, clients) == before


def test_a_client_that_is_not_installed_is_no_error(
    cluster: Cluster, clients: str, tmp_path: Path
) -> None:
    cluster.kubectl("delete", "secret", "katib-mysql-secrets", "-n", clients)
    cluster.kubectl("delete", "deployment", "katib-db-manager", "-n", clients)

    assert "katib-mysql-secrets: not there" in follow(cluster, clients, tmp_path)


def test_no_credential_is_printed(cluster: Cluster, clients: str, tmp_path: Path) -> None:
    cluster.apply(secret("mysql-secret", clients, "visible"))

    output = follow(cluster, clients, tmp_path)

    assert "visible" not in output
    assert base64.b64encode(b"visible").decode() not in output


def test_a_refusal_of_the_cluster_is_not_taken_for_nothing_there(
    cluster: Cluster, clients: str, tmp_path: Path
) -> None:
    stranger = replace(cluster.program, token="of-nobody", folder=tmp_path)  # noqa: S106

    done = run_script(stranger, clients, tmp_path)

    assert done.returncode != 0
    assert "not there" not in done.stdout
