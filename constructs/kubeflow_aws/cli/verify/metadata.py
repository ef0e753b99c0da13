"""What a run left in the metadata database, read by a short-lived pod."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from kubeflow_aws.cli.verify.errors import VerificationError
from kubeflow_aws.cli.verify.kubectl import Kubectl

NAMESPACE: Final = "kubeflow"
TABLES: Final = ("experiments", "pipelines", "pipeline_versions", "run_details", "tasks")
"""Some of those that the API server makes (backend/src/apiserver/client_manager)."""

# The password does not stand in an argument, where other processes could see it. MYSQL_TLS is empty
# only for the database in the cluster, whose root has no password.
SCRIPT: Final = """\
set -eu
umask 077
printf '[client]\\nuser=%s\\npassword="%s"\\n' "$DATABASE_USER" "$DATABASE_PASSWORD" \\
  > /tmp/client.cnf
mysql --defaults-extra-file=/tmp/client.cnf --host="$DATABASE_HOST" --port="$DATABASE_PORT" \\
  $MYSQL_TLS --batch --skip-column-names --execute="$QUERY" mlpipeline
"""


def query_for(run: str) -> str:
    """Counts the rows of some tables, and those of a run.

    Raises:
        VerificationError: The run's id is none, so it may not stand in SQL.
    """
    if not re.fullmatch(r"[0-9a-f-]{36}", run):
        raise VerificationError(f"{run} is no id of a run")
    counts = [f"SELECT '{table}', COUNT(*) FROM {table}" for table in TABLES]  # noqa: S608  # ours
    own = f"SELECT 'this run', COUNT(*) FROM run_details WHERE UUID = '{run}'"  # noqa: S608  # checked
    return " UNION ALL ".join([*counts, own])


def rows_in(output: str) -> dict[str, int]:
    """The counts that the query printed.

    Raises:
        VerificationError: The run is not there.
    """
    rows = {
        name: int(count)
        for name, _, count in (line.partition("\t") for line in output.splitlines())
        if count.isdigit()
    }
    if rows.get("this run") != 1:
        raise VerificationError(f"the run is not in table run_details; the database says: {output}")
    return rows


def rows_of(kubectl: Kubectl, run: str, *, rds: bool) -> dict[str, int]:
    """How many rows each table has, with ``this run`` among them.

    Args:
        kubectl: As somebody who may make pods in the namespace kubeflow.
        run: Id of the run.
        rds: Whether the database is RDS, which wants TLS.

    Raises:
        VerificationError: The pod or the query failed, or the run is not there.
    """
    config = kubectl.read("configmap", "pipeline-install-config", NAMESPACE)["data"]
    pod = reader(config, run, rds=rds)
    name = pod["metadata"]["name"]
    try:
        kubectl.run("apply", "-f", "-", stdin=json.dumps(pod))
        kubectl.run(
            *("wait", f"pod/{name}", "-n", NAMESPACE, "--timeout=180s"),
            "--for=jsonpath={.status.containerStatuses[0].state.terminated.reason}=Completed",
        )
        return rows_in(kubectl.run("logs", name, "-n", NAMESPACE))
    finally:
        kubectl.run("delete", "pod", name, "-n", NAMESPACE, "--ignore-not-found", "--wait=false")


def reader(config: Mapping[str, str], run: str, *, rds: bool) -> dict[str, Any]:
    """A pod that reads the database as the API server does, and ends."""
    tls = "--ssl-mode=VERIFY_IDENTITY --ssl-ca=/authority/rds.pem" if rds else ""
    plain = {
        "DATABASE_HOST": config["mysqlHost"],
        "DATABASE_PORT": config["mysqlPort"],
        "MYSQL_TLS": tls,
        "QUERY": query_for(run),
    }
    secret = {"DATABASE_USER": "username", "DATABASE_PASSWORD": "password"}
    authority = {"name": "authority", "configMap": {"name": "database-authority"}}
    mounts = [{"name": "authority", "mountPath": "/authority", "readOnly": True}] if rds else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"verify-{uuid.uuid4().hex[:8]}",
            "namespace": NAMESPACE,
            "labels": {"app": "verify", "sidecar.istio.io/inject": "false"},
        },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 999,
                "runAsGroup": 999,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "mysql",
                    "image": "mysql:8.4",
                    "command": ["/bin/bash", "-c", SCRIPT],
                    "env": [
                        *({"name": key, "value": value} for key, value in plain.items()),
                        *(
                            {
                                "name": key,
                                "valueFrom": {"secretKeyRef": {"name": "mysql-secret", "key": of}},
                            }
                            for key, of in secret.items()
                        ),
                    ],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [*mounts, {"name": "scratch", "mountPath": "/tmp"}],  # noqa: S108  # of the pod
                }
            ],
            "volumes": [
                *([authority] if rds else []),
                {"name": "scratch", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}},
            ],
        },
    }
