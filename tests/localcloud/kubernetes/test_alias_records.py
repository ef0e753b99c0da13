"""The name behind the DNS records is read by CDK's own handler, with the real kubectl."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_route53 as route53
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer

from kubeflow_aws.assembly.templates import GATE_TYPE
from kubeflow_aws.ingress.alias_records import AliasRecords, AliasRecordsProps
from tests.localcloud.kubernetes.ingresses import (
    CLASS_PARAMETERS,
    CONTROLLER,
    class_parameters,
    host_name,
    ingress,
    ingress_class,
    ingress_path,
)
from tests.localcloud.kubernetes.objects import deployment
from tests.support.assembly import read_assembly, resources
from tests.support.kubectl import layer_kubectl
from tests.support.kubernetes import Cluster
from tests.support.waiting import eventually

NAMES = {False: "k8s-", True: "internal-k8s-"}
"""What the name of a load balancer begins with, by whether it is internal."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of a load balancer of either scheme, synthesized with CDK's handler."""
    folder = tmp_path_factory.mktemp("records")
    app = cdk.App(outdir=str(folder))
    stack = cdk.Stack(app, "Stack")
    cluster = eks.Cluster(
        stack,
        "Cluster",
        version=eks.KubernetesVersion.of("1.35"),
        kubectl_provider_options=eks.KubectlProviderOptions(
            kubectl_layer=KubectlV35Layer(stack, "Kubectl")
        ),
    )
    zone = route53.PublicHostedZone(stack, "Zone", zone_name="example.com")
    for internal in NAMES:
        AliasRecords(
            stack,
            f"Internal{internal}",
            props=AliasRecordsProps(
                cluster=cast("eks.ICluster", cluster),
                namespace="NAMESPACE",
                ingress="web",
                internal=internal,
                region="us-west-2",
                zone=zone,
                names=["example.com"],
                after=[],
            ),
        )
    app.synth()
    return folder


@pytest.fixture
def handler(
    cluster: Cluster, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """CDK's handler with the cluster's credentials; `aws` has nothing to log in to."""
    aws = tmp_path / "aws"
    aws.write_text("#!/bin/sh\n")
    aws.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{layer_kubectl().parent}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TEST_OUTDIR", str(cluster.program.folder))
    [file] = folder.glob("asset.*/get/__init__.py")
    spec = importlib.util.spec_from_file_location("get", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def properties(folder: Path, *, internal: bool) -> dict[str, Any]:
    template = read_assembly(folder).stack("Stack")
    found: list[dict[str, Any]] = [
        each["Properties"]
        for name, each in resources(template, GATE_TYPE).items()
        if name.startswith(f"Internal{internal}")
    ]
    [only] = found
    return only


def given_scheme(cluster: Cluster, namespace: str, *, internal: bool) -> None:
    """Have the load balancer of that scheme, which takes the controller some time."""
    scheme = "internal" if internal else "internet-facing"
    spec = {"group": {"name": namespace}, "scheme": scheme}
    cluster.apply(class_parameters(namespace, spec))
    # Before its settings are known, it may have one of its own.
    of_the_group = NAMES[internal] + namespace.replace("-", "")
    eventually(partial(lacks, cluster, ingress_path(namespace, "web"), of_the_group))


def lacks(cluster: Cluster, path: str, beginning: str) -> str:
    return "" if host_name(cluster, path).startswith(beginning) else path


@pytest.mark.parametrize("internal", [True, False])
def test_records_follow_a_load_balancer_that_is_replaced(
    cluster: Cluster,
    namespace: str,
    folder: Path,
    handler: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    internal: bool,
) -> None:
    cluster.define(CLASS_PARAMETERS)
    cluster.apply(
        ingress_class(namespace),
        deployment(CONTROLLER, namespace),
        ingress("web", namespace, namespace),
    )
    given_scheme(cluster, namespace, internal=not internal)

    def read(*, internal: bool, meanwhile: Callable[[], None]) -> str:
        """What the handler finds; between two questions something may happen."""
        waiting = SimpleNamespace(time=time.time, sleep=lambda _: meanwhile())
        monkeypatch.setattr(handler, "time", waiting)
        wanted = {**properties(folder, internal=internal), "ObjectNamespace": namespace}
        event = {"RequestType": "Update", "ResourceProperties": {**wanted, "ClusterName": "one"}}
        answer: str = handler.get_handler(event, None)["Data"]["Value"]
        return answer

    waits: list[str] = []

    def replaced() -> None:
        waits.append(host_name(cluster, ingress_path(namespace, "web")))
        given_scheme(cluster, namespace, internal=internal)

    before = read(internal=not internal, meanwhile=lambda: pytest.fail("it was there"))
    after = read(internal=internal, meanwhile=replaced)

    assert waits == [before]
    assert before.startswith(NAMES[not internal])
    assert after.startswith(NAMES[internal])
    assert after.removeprefix("internal-") != before.removeprefix("internal-")
    for name in ("ingress/web", f"deploy/{CONTROLLER}"):
        cluster.kubectl("-n", namespace, "delete", name, "--timeout=20s")
