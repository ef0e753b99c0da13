"""Nobody sees another's logs and artifacts through the UI of Pipelines."""

from __future__ import annotations

import pytest

from tests.pipelines.conftest import GuardedUi

ARTIFACT = "source=s3&bucket=artifacts&key=private-artifacts%2Falice%2Fa&peek=256"
LOG = "podname=run-1-system-container-impl-2&runid=1&createdat=2026-11-24"

OWN = {
    "an artifact": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=alice",
    "an artifact at the root": f"/artifacts/get?{ARTIFACT}&namespace=alice",
    "an artifact under the older path": "/pipeline/artifacts/s3/artifacts/private-artifacts/alice/a"
    "?namespace=alice",
    "a log": f"/pipeline/k8s/pod/logs?{LOG}&podnamespace=alice",
    "a log by a time": "/pipeline/k8s/pod/logs?podname=a&createdat=2026-11-24T10%3A00%3A00.000Z"
    "&podnamespace=alice",
    "a pod": "/pipeline/k8s/pod?podname=a&podnamespace=alice",
    "the events of a pod": "/pipeline/k8s/pod/events?podname=a&podnamespace=alice",
}


@pytest.mark.parametrize("path", OWN.values(), ids=list(OWN))
def test_what_is_ones_own_is_seen(path: str, ui: GuardedUi) -> None:
    before = len(ui.behind.requests)

    assert ui.get(path) == 200
    assert ui.behind.requests[before].line.startswith(f"GET {path} ")
    assert ui.api_server.questions[-1] == ("alice@example.com", "alice")


OPEN = ["/pipeline/", "/pipeline/static/js/main.js", "/pipeline/apis/v2beta1/runs?namespace=bob"]


@pytest.mark.parametrize("path", OPEN)
def test_the_rest_is_the_uis_own_matter(path: str, ui: GuardedUi) -> None:
    asked = len(ui.api_server.questions)

    assert ui.get(path) == 200
    assert len(ui.api_server.questions) == asked


ATTACKS = {
    "another's artifact": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=bob",
    "another's log": f"/pipeline/k8s/pod/logs?{LOG}&podnamespace=bob",
    "another's pod": "/pipeline/k8s/pod?podname=a&podnamespace=bob",
    "an artifact of no namespace": f"/pipeline/artifacts/get?{ARTIFACT}",
    "an artifact of an empty namespace": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=",
    "the older path of artifacts": "/pipeline/artifacts/s3/artifacts/private-artifacts/bob/a",
    "a log of no namespace": f"/pipeline/k8s/pod/logs?{LOG}",
    "two namespaces": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=alice&namespace=bob",
    "a list of namespaces": f"/pipeline/artifacts/get?{ARTIFACT}&namespace[]=bob",
    "one of them escaped": f"/pipeline/artifacts/get?{ARTIFACT}&namespace=alice&%6eamespace=bob",
    "a namespace behind a thousand parameters": "/pipeline/artifacts/get?"
    + "&".join(f"p{number}=1" for number in range(1000))
    + "&namespace=alice",
    "an escaped path": f"/pipeline/%61rtifacts/get?{ARTIFACT}",
    "another case": f"/pipeline/Artifacts/get?{ARTIFACT}",
    "another case, under one's own name": f"/pipeline/ARTIFACTS/get?{ARTIFACT}&namespace=alice",
    "a file of the UI's pod": "/pipeline/artifacts/get?source=volume&bucket=config-volume"
    "&key=..%2F..%2Fvar%2Frun%2Fsecrets%2Fkubernetes.io%2Fserviceaccount%2Ftoken&namespace=alice",
    "a file of the UI's pod under the older path": "/pipeline/artifacts/volume/config-volume/a"
    "?namespace=alice",
    "an artifact on some server": "/pipeline/artifacts/get?source=https&bucket=example.com&key=a"
    "&namespace=alice",
    "two slashes": f"/pipeline//artifacts/get?{ARTIFACT}",
    "an escaped slash": f"/pipeline%2fartifacts/get?{ARTIFACT}",
    "dots in the path": f"/pipeline/x/../artifacts/get?{ARTIFACT}",
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
    assert ui.get(OWN["a log"], user=None) == 403
