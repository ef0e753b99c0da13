"""Who may only look sees what shows, and opens no notebook: our policies in the real Envoy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kubeflow_aws.deployment.profiles import Contributor, ContributorRole, Profile
from kubeflow_aws.profiles.profiles import contributor_packs
from tests.gateway.backend import Backend
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.mesh import Authority, ask, sidecar_config

GATEWAY = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
PIPELINES_UI = "cluster.local/ns/kubeflow/sa/ml-pipeline-ui"
OTHER_POD = "cluster.local/ns/mallory/sa/default-editor"

NOTEBOOK, TENSORBOARD, ARTIFACTS, VOLUMES, MODEL = 8888, 6006, 3000, 8080, 8012
PORTS = (NOTEBOOK, TENSORBOARD, ARTIFACTS, VOLUMES, MODEL)

TEAM = Profile(
    name="team-1",
    owner="owner@example.com",
    contributors=(
        Contributor(email="edit@example.com"),
        Contributor(email="view@example.com", role=ContributorRole.VIEW),
    ),
)

OWNERS: dict[str, Any] = {
    "metadata": {"name": "ns-owner-access-istio"},
    "spec": {
        "rules": [
            {
                "from": [{"source": {"principals": [GATEWAY, PIPELINES_UI]}}],
                "when": [
                    {"key": "request.headers[kubeflow-userid]", "values": ["owner@example.com"]}
                ],
            },
            {"when": [{"key": "source.namespace", "values": ["team-1"]}]},
        ]
    },
}
"""What the profile controller writes for the owner (Dashboard v2.0.0, profile_controller.go)."""

NOBODY: dict[str, Any] = {"metadata": {"name": "global-deny-all"}, "spec": {}}
"""Upstream's policy for the whole mesh."""


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod of the profile behind its sidecar.

    Attributes:
        authority: Who gives identities.
        ports: Where each of its ports listens here.
    """

    authority: Authority
    ports: dict[int, int]

    def asked(
        self, user: str, port: int, path: str, *, by: str = GATEWAY, method: str = "GET"
    ) -> int:
        """The status of a request of a user."""
        here, user = self.ports[port], f"{user}@example.com"
        return ask(here, self.authority, by, user=user, path=path, method=method)


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pod]:
    policies: list[Any] = [
        item
        for packs in contributor_packs([TEAM]).values()
        for pack in packs
        for item in pack.objects
        if item["kind"] == "AuthorizationPolicy"
    ]
    assert len(policies) == 2
    authority = Authority(tmp_path_factory.mktemp("authority"))
    ports = {port: free_port() for port in PORTS}
    config = sidecar_config(
        [NOBODY, OWNERS, *policies],
        ports=ports,
        admin_port=free_port(),
        authority=authority,
        behind=Backend().address[1],
    )
    with running_envoy(config, tmp_path_factory.mktemp("sidecar")):
        yield Pod(authority=authority, ports=ports)


ARTIFACT = "/artifacts/get?source=s3&bucket=artifacts&key=private-artifacts%2Fteam-1%2Fa"

SHOWN: dict[str, dict[str, Any]] = {
    "an artifact": {"port": ARTIFACTS, "path": ARTIFACT, "by": PIPELINES_UI},
    "an artifact under the UI's path": {
        "port": ARTIFACTS,
        "path": f"/pipeline{ARTIFACT}",
        "by": PIPELINES_UI,
    },
    "a TensorBoard": {"port": TENSORBOARD, "path": "/"},
    "the data of a TensorBoard": {
        "port": TENSORBOARD,
        "path": "/data/plugin/scalars/scalars_multirun",
        "method": "POST",
    },
    "a TensorBoard of Pipelines": {
        "port": TENSORBOARD,
        "path": "/tensorboard/viewer-1/",
        "by": PIPELINES_UI,
    },
}

OPENED: dict[str, dict[str, Any]] = {
    "a notebook": {"port": NOTEBOOK, "path": "/notebook/team-1/nb/lab"},
    "its terminal": {"port": NOTEBOOK, "path": "/notebook/team-1/nb/terminals/websocket/1"},
    "RStudio": {"port": NOTEBOOK, "path": "/"},
    "a notebook on the port of TensorBoards": {
        "port": TENSORBOARD,
        "path": "/notebook/team-1/nb/lab",
    },
    "a notebook by way of another path": {
        "port": TENSORBOARD,
        "path": "/data/../notebook/team-1/nb/lab",
    },
    "a viewer of volumes": {"port": VOLUMES, "path": "/pvcviewers/team-1/data/files/"},
    "a model": {"port": MODEL, "path": "/v1/models/m:predict", "method": "POST"},
}


@pytest.mark.parametrize("user", ["owner", "edit", "view"])
@pytest.mark.parametrize("what", SHOWN)
def test_what_shows_is_seen_by_everybody_of_the_profile(what: str, user: str, pod: Pod) -> None:
    assert pod.asked(user, **SHOWN[what]) == 200


@pytest.mark.parametrize("what", OPENED)
def test_who_may_only_look_opens_nothing(what: str, pod: Pod) -> None:
    assert pod.asked("view", **OPENED[what]) == 403


@pytest.mark.parametrize("user", ["owner", "edit"])
@pytest.mark.parametrize("what", OPENED)
def test_owner_and_editors_work_as_before(what: str, user: str, pod: Pod) -> None:
    assert pod.asked(user, **OPENED[what]) == 200


@pytest.mark.parametrize(
    "what",
    [
        {"port": ARTIFACTS, "path": ARTIFACT},
        {"port": ARTIFACTS, "path": ARTIFACT, "by": PIPELINES_UI, "method": "POST"},
        {"port": ARTIFACTS, "path": "/apps/tensorboard?logdir=a", "by": PIPELINES_UI},
        {"port": ARTIFACTS, "path": "/apis/v2beta1/runs", "by": PIPELINES_UI},
        {"port": ARTIFACTS, "path": "/artifacts/../k8s/pod", "by": PIPELINES_UI},
    ],
)
def test_of_the_reader_of_artifacts_a_viewer_gets_artifacts_alone(
    what: dict[str, Any], pod: Pod
) -> None:
    assert pod.asked("view", **what) == 403


@pytest.mark.parametrize("what", [*SHOWN, *OPENED])
def test_who_is_not_of_the_profile_gets_nothing(what: str, pod: Pod) -> None:
    assert pod.asked("mallory", **{**SHOWN, **OPENED}[what]) == 403


@pytest.mark.parametrize("user", ["owner", "edit", "view"])
def test_a_name_that_another_pod_says_is_nobodys(user: str, pod: Pod) -> None:
    assert pod.asked(user, TENSORBOARD, "/", by=OTHER_POD) == 403
