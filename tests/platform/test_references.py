"""Every object that another names exists, or a controller on a list makes it at run time."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from tests.platform import references
from tests.platform.cluster import PODS, PlatformCluster
from tests.platform.references import Reference

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

RBAC = "/apis/rbac.authorization.k8s.io/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
LISTS = {
    "ClusterRole": f"{RBAC}/clusterroles",
    "ConfigMap": "/api/v1/configmaps",
    "IngressClass": "/apis/networking.k8s.io/v1/ingressclasses",
    "PersistentVolumeClaim": "/api/v1/persistentvolumeclaims",
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "Role": f"{RBAC}/roles",
    "Secret": "/api/v1/secrets",
    "SecretProviderClass": "/apis/secrets-store.csi.x-k8s.io/v1/secretproviderclasses",
    "Service": "/api/v1/services",
    "ServiceAccount": "/api/v1/serviceaccounts",
}


class MadeAtRunTime(BaseModel):
    """Objects that no manifest holds.

    Attributes:
        object: Their names, a pattern.
        made_by: Who makes them.
        source: Where that stands.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    object: str = Field(min_length=1)
    made_by: str = Field(min_length=1)
    source: str = Field(min_length=1)


def made_at_run_time() -> list[str]:
    """The patterns of what others make."""
    entries = read_data_file(
        Path(__file__).with_name("made-at-run-time.yaml"), TypeAdapter(tuple[MadeAtRunTime, ...])
    )
    return [each.object for each in entries]


def named(platform: PlatformCluster) -> Iterator[Reference]:
    for pod in platform.items(PODS):
        yield from references.of_pod(pod)
    for kind in ("mutating", "validating"):
        yield from references.of_webhooks(
            platform.items(f"{ADMISSION}/{kind}webhookconfigurations")
        )
    for kind in ("clusterrolebindings", "rolebindings"):
        yield from references.of_bindings(
            each
            for each in platform.items(f"{RBAC}/{kind}")
            # Kubernetes' own, of which some are for parts that a cluster need not have.
            if not each["metadata"]["name"].startswith("system:")
        )
    yield from references.of_definitions(
        platform.items("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
    )
    yield from references.of_policies(
        platform.items("/apis/security.istio.io/v1/authorizationpolicies")
    )
    yield from references.of_ingresses(platform.items("/apis/networking.k8s.io/v1/ingresses"))


def missing(platform: PlatformCluster) -> set[Reference]:
    there = {
        Reference(kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])
        for kind, path in LISTS.items()
        for item in platform.items(path)
    }
    return {each for each in named(platform) if each not in there}


def test_what_is_named_exists_or_a_controller_makes_it(platform: PlatformCluster) -> None:
    known = made_at_run_time()

    assert [
        str(each)
        for each in sorted(missing(platform))
        if not any(fnmatchcase(str(each), pattern) for pattern in known)
    ] == []


def test_the_list_of_what_controllers_make_holds_nothing_else(platform: PlatformCluster) -> None:
    without = [str(each) for each in missing(platform)]

    assert [
        pattern
        for pattern in made_at_run_time()
        if not any(fnmatchcase(name, pattern) for name in without)
    ] == []
