"""How the platform's programs find the database and the bucket, and what they replace."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import key_of
from tests.support.assembly import Assembly, CheckedAssembly

Option = Callable[[str], CheckedAssembly]

IN_CLUSTER = re.compile(r"minio|seaweed", re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "gone", "left"),
    [
        ("rds-s3", {"mysql", "seaweedfs", "katib-mysql"}, set()),
        ("rds-only", {"mysql", "katib-mysql"}, {"seaweedfs"}),
        ("s3-only", {"seaweedfs"}, {"mysql", "katib-mysql"}),
    ],
)
def test_what_ran_in_the_cluster_is_gone_with_all_that_referred_to_it(
    name: str, gone: set[str], left: set[str], option: Option
) -> None:
    objects = list(option(name).assembly.objects())
    deployments = {key_of(item).name for item in objects if item["kind"] == "Deployment"}
    claims = [
        item
        for item in objects
        if item["kind"] == "PersistentVolumeClaim" and key_of(item).namespace == "kubeflow"
    ]

    assert not gone & deployments
    assert left <= deployments
    assert len(claims) == len(left)
    for item in objects:
        text = json.dumps(item)
        for service in gone:
            assert f"{service}.kubeflow" not in text, str(key_of(item))
        # The guard of the UI names the form of an address, wherever artifacts are.
        if "seaweedfs" in gone and not key_of(item).name.startswith("ml-pipeline-ui"):
            assert not IN_CLUSTER.search(text), str(key_of(item))


def environment(assembly: Assembly, name: str) -> dict[str, Any]:
    [item] = [item for item in assembly.objects() if str(key_of(item)) == f"Deployment.apps {name}"]
    found: Any = item
    [container] = found["spec"]["template"]["spec"]["containers"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_the_api_server_takes_the_role_and_no_static_key(rds_s3_assembly: Assembly) -> None:
    env = environment(rds_s3_assembly, "kubeflow/ml-pipeline")

    # Absent, they would be minio and minio123.
    assert env["OBJECTSTORECONFIG_ACCESSKEY"] == env["OBJECTSTORECONFIG_SECRETACCESSKEY"] == ""
    assert env["OBJECTSTORECONFIG_HOST"] == "s3.us-west-2.amazonaws.com"
    assert (env["OBJECTSTORECONFIG_PORT"], env["OBJECTSTORECONFIG_SECURE"]) == ("", "true")
    assert json.loads(env["DBCONFIG_MYSQLCONFIG_EXTRAPARAMS"]) == {"tls": "true"}


def test_the_address_of_the_database_is_set(rds_s3_assembly: Assembly) -> None:
    [item] = [
        item
        for item in rds_s3_assembly.objects()
        if str(key_of(item)) == "ConfigMap kubeflow/pipeline-install-config"
    ]
    config: Any = item["data"]

    assert config["mysqlHost"] != "mysql"
    assert config["mysqlPort"] == "3307"
    # Up to Pipelines 2.16 some programs read these.
    assert not {"dbHost", "dbPort"} & config.keys()
    assert config["ARTIFACTS_PROXY_ENABLED"] == "true"


def test_katib_has_an_account_and_a_user_of_its_own(rds_s3_assembly: Assembly) -> None:
    env = environment(rds_s3_assembly, "kubeflow/katib-db-manager")

    assert env["KATIB_MYSQL_DB_DATABASE"].partition("?")[0] == "katib"
    assert env["KATIB_MYSQL_DB_PORT"] == "3307"
    assert env["DB_USER"]["secretKeyRef"] == {"name": "katib-mysql-secrets", "key": "username"}
    assert env["DB_PASSWORD"]["secretKeyRef"] == {"name": "katib-mysql-secrets", "key": "password"}


def test_the_ui_reads_no_secret(rds_s3_assembly: Assembly) -> None:
    for item in rds_s3_assembly.objects():
        if key_of(item).name == "ml-pipeline-ui" and item["kind"] in {"Role", "ClusterRole"}:
            rules: Any = item["rules"]
            assert "secrets" not in {each for rule in rules for each in rule["resources"]}


def test_jobs_are_admitted_to_a_restricted_namespace(rds_s3_assembly: Assembly) -> None:
    for item in rds_s3_assembly.objects():
        found: Any = item
        match item["kind"]:
            case "Job":
                pod = found["spec"]["template"]
            case "CronJob":
                pod = found["spec"]["jobTemplate"]["spec"]["template"]
            case _:
                continue
        [container] = pod["spec"]["containers"]
        security = container["securityContext"]
        assert pod["metadata"]["labels"]["sidecar.istio.io/inject"] == "false"
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert security["allowPrivilegeEscalation"] is False
        assert security["readOnlyRootFilesystem"] is True
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {next(iter(each.keys() - {"name"})) for each in pod["spec"]["volumes"]} <= {
            "configMap",
            "csi",
            "emptyDir",
        }
