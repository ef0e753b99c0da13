"""The UI of Pipelines answers what its pages ask, and shows nobody another's logs and artifacts."""

from __future__ import annotations

import pytest

from tests.pipelines.asked import Request, asked
from tests.pipelines.conftest import GuardedUi

ASKED = asked()
OPEN = ASKED.pages
STORES = ["s3", "minio"]

ARTIFACT = "source=s3&bucket=artifacts&key=private-artifacts%2Falice%2Fa&peek=256"
LOG = "podname=run-1-system-container-impl-2&runid=1&createdat=2026-11-24"


@pytest.mark.parametrize("base", ["/pipeline", ""])
@pytest.mark.parametrize("request_of_ui", OPEN.values(), ids=list(OPEN))
def test_what_the_pages_ask_passes_unasked(
    request_of_ui: Request, base: str, ui: GuardedUi
) -> None:
    one, questions, before = request_of_ui, len(ui.api_server.questions), len(ui.behind.requests)

    assert ui.get(f"{base}{one.path}", method=one.method) == 200
    assert ui.behind.requests[before].line.startswith(f"{one.method} {base}{one.path} ")
    assert len(ui.api_server.questions) == questions


@pytest.mark.parametrize(("method", "path"), list(ASKED.api_requests()))
def test_what_the_clients_ask_of_the_api_passes_unasked(
    method: str, path: str, ui: GuardedUi
) -> None:
    questions = len(ui.api_server.questions)

    assert ui.get(f"/pipeline{path}?namespace=bob&page_size=10", method=method) == 200
    assert len(ui.api_server.questions) == questions


def test_the_folder_of_the_ui_needs_no_slash(ui: GuardedUi) -> None:
    assert ui.get("/pipeline") == 200


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("base", ["/pipeline", ""])
@pytest.mark.parametrize("request_of_ui", ASKED.guarded.values(), ids=list(ASKED.guarded))
def test_what_is_ones_own_is_seen(
    request_of_ui: Request, base: str, store: str, ui: GuardedUi
) -> None:
    path, before = base + request_of_ui.path.replace("STORE", store), len(ui.behind.requests)

    assert ui.get(path) == 200
    assert ui.behind.requests[before].line.startswith(f"GET {path} ")
    assert ui.api_server.questions[-1] == ("alice@example.com", "alice")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("request_of_ui", ASKED.links.values(), ids=list(ASKED.links))
def test_a_link_without_a_namespace_leads_to_ones_own_artifact(
    request_of_ui: Request, store: str, ui: GuardedUi
) -> None:
    path, before = "/pipeline" + request_of_ui.path.replace("STORE", store), len(ui.behind.requests)

    assert ui.get(path) == 200
    assert ui.behind.requests[before].line.startswith(f"GET {path}?namespace=alice ")
    assert ui.api_server.questions[-1] == ("alice@example.com", "alice")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("request_of_ui", ASKED.links.values(), ids=list(ASKED.links))
def test_a_link_to_the_artifact_of_another_leads_nowhere(
    request_of_ui: Request, store: str, ui: GuardedUi
) -> None:
    path, before = "/pipeline" + request_of_ui.path.replace("STORE", store), len(ui.behind.requests)

    assert ui.get(path, user="bob@example.com") == 403
    assert len(ui.behind.requests) == before


def test_in_s3_a_profile_may_have_another_folder(ui: GuardedUi) -> None:
    path = "/pipeline/artifacts/s3/artifacts/teams/vision/a"

    assert ui.get(f"{path}?namespace=alice") == 200
    assert ui.get(path) == 403


UNASKED = {
    "the proxy that 2.16 had": "/pipeline/apis/v1beta1/_proxy/http%3A%2F%2Flocalhost%3A3000"
    "%2Fartifacts%2Fget?source=s3&bucket=artifacts&key=private-artifacts/bob/main.log",
    "the log server": "/pipeline/apis/v1alpha1/runs/1/nodes/2/log",
    "a file of an artifact by the API": "/pipeline/apis/v1beta1/runs/1/nodes/2/artifacts/3:read",
    "reports of workflows": "/pipeline/apis/v1beta1/workflows",
    "reports of recurring runs": "/pipeline/apis/v2beta1/scheduledworkflows",
    "whether somebody may": "/pipeline/apis/v1beta1/auth?namespace=bob",
    "the metadata of everybody": "/ml_metadata.MetadataStoreService/GetArtifacts",
    "the same under the UI's path": "/pipeline/ml_metadata.MetadataStoreService/GetArtifacts",
    "metrics": "/metrics",
    "a page that is none": "/pipeline/other",
    "a file outside of the UI": "/pipeline/static/..%2f..%2fserver%2fpackage.json",
    "another case": f"/pipeline/Artifacts/get?{ARTIFACT}",
    "another case, under one's own name": f"/pipeline/ARTIFACTS/get?{ARTIFACT}&namespace=alice",
    "another case of the UI's path": f"/PIPELINE/artifacts/get?{ARTIFACT}",
    "two slashes": f"/pipeline//artifacts/get?{ARTIFACT}",
    "a slash behind": f"/pipeline/artifacts/get/?{ARTIFACT}",
    "an escaped slash": f"/pipeline%2fartifacts/get?{ARTIFACT}",
    "an escaped slash in a name": "/pipeline/apis/v2beta1/runs/1%2f..%2f..%2fworkflows",
    "a parameter in the path": "/pipeline/k8s/pod;x=1?podname=a&podnamespace=bob",
    "an escape that is none": "/pipeline/k8s/pod%zz?podname=a&podnamespace=bob",
}


@pytest.mark.parametrize("path", UNASKED.values(), ids=list(UNASKED))
def test_what_the_ui_does_not_ask_for_is_not_there(path: str, ui: GuardedUi) -> None:
    before = len(ui.behind.requests)

    assert ui.get(path) == 404
    assert len(ui.behind.requests) == before


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/pipeline/apis/v1beta1/runs/1:reportMetrics"),
        ("POST", "/pipeline/apis/v1beta1/runs/1%3AreportMetrics"),
        ("POST", "/pipeline/apis/v1beta1/workflows"),
        ("DELETE", "/pipeline/apis/v2beta1/runs"),
        ("POST", "/pipeline/k8s/pod?podname=a&podnamespace=alice"),
        ("PUT", "/pipeline/artifacts/s3/artifacts/private-artifacts/alice/a?namespace=alice"),
        ("POST", "/ml_metadata.MetadataStoreService/PutArtifacts"),
        ("TRACE", "/pipeline/"),
    ],
)
def test_no_other_method_is_there(method: str, path: str, ui: GuardedUi) -> None:
    before = len(ui.behind.requests)

    assert ui.get(path, method=method) == 404
    assert len(ui.behind.requests) == before


ATTACKS = {
    "another's artifact": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=bob",
    "another's log": f"/pipeline/k8s/pod/logs?{LOG}&podnamespace=bob",
    "another's pod": "/pipeline/k8s/pod?podname=a&podnamespace=bob",
    "an artifact of an empty namespace": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=",
    "a link to another's artifact": "/pipeline/artifacts/s3/artifacts/private-artifacts/bob/a",
    "a log of no namespace": f"/pipeline/k8s/pod/logs?{LOG}",
    "two namespaces": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=alice&namespace=bob",
    "a list of namespaces": f"/pipeline/artifacts/get?{ARTIFACT}&namespace[]=bob",
    "one of them escaped": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=alice&%6eamespace=bob",
    "a namespace behind a thousand parameters": "/pipeline/artifacts/get?"
    + "&".join(f"p{number}=1" for number in range(1000))
    + "&namespace=alice",
    "a file of the UI's pod": "/pipeline/artifacts/get?source=volume&bucket=config-volume"
    "&key=..%2F..%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io%2Fserviceaccount%2Ftoken&namespace=alice",
    "a file of the UI's pod under the older path": "/pipeline/artifacts/volume/config-volume/a"
    "?namespace=alice",
    "an artifact on some server": "/pipeline/artifacts/get?source=https&bucket=example.com&key=a"
    "&namespace=alice",
    "an escaped path": "/pipeline/%61rtifacts/get?source=s3&bucket=artifacts"
    "&key=private-artifacts%2Fbob%2Fa",
    "dots in the path": "/pipeline/x/../artifacts/get?source=s3&bucket=artifacts"
    "&key=private-artifacts%2Fbob%2Fa",
    "another's artifact under one's own name": "/pipeline/artifacts/get?source=s3&bucket=artifacts"
    "&key=private-artifacts%2Fbob%2Fa&namespace=alice",
    "the same in the cluster": "/pipeline/artifacts/get?source=minio&bucket=mlpipeline"
    "&key=private-artifacts%2Fbob%2Fa&namespace=alice",
    "the same, downloaded": "/pipeline/artifacts/minio/mlpipeline/private-artifacts/bob/a"
    "?namespace=alice",
    "the same by way of one's own folder": "/pipeline/artifacts/get?source=minio"
    "&bucket=mlpipeline&key=private-artifacts%2Falice%2F..%2Fbob%2Fa&namespace=alice",
    "the same with dots in the path": "/pipeline/artifacts/minio/mlpipeline/private-artifacts/alice"
    "/%2e%2e/bob/a?namespace=alice",
    "a link by way of one's own folder": "/pipeline/artifacts/get?source=s3&bucket=artifacts"
    "&key=private-artifacts%2Falice%2F..%2Fbob%2Fa",
    "what lies in the cluster outside of all folders": "/pipeline/artifacts/get?source=minio"
    "&bucket=mlpipeline&key=artifacts%2Fa&namespace=alice",
    "two keys": f"/pipeline/artifacts/get?{ARTIFACT}&key=private-artifacts%2Fbob%2Fa",
    "a folder whose name is none": "/pipeline/artifacts/get?source=s3&bucket=artifacts"
    "&key=private-artifacts%2Falice%26namespace%3Dbob%2Fa",
    "a namespace with a query of its own": "/pipeline/k8s/pod?podname=a"
    "&podnamespace=bob%26namespace%3Dalice",
    "a log in another's folder by its date": "/pipeline/k8s/pod/logs?podname=a"
    "&createdat=..-..-..&podnamespace=alice",
    "a log in another's folder by its name": "/pipeline/k8s/pod/logs?podname=..%2F..%2Fbob"
    "&createdat=2026-11-24&podnamespace=alice",
    "a log in another's folder by an escaped name": "/pipeline/k8s/pod/logs?"
    "podname=%2e%2e&createdat=2026-11-24&podnamespace=alice",
}


@pytest.mark.parametrize("path", ATTACKS.values(), ids=list(ATTACKS))
def test_an_attack_does_not_reach_the_ui(path: str, ui: GuardedUi) -> None:
    before = len(ui.behind.requests)

    assert ui.get(path) == 403
    assert len(ui.behind.requests) == before


def test_somebody_unknown_sees_nothing(ui: GuardedUi) -> None:
    assert ui.get(f"/pipeline/k8s/pod/logs?{LOG}&podnamespace=alice", user=None) == 403
