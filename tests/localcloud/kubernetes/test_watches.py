"""Watches: who looks on is told what happens, and nobody looks twice."""

from __future__ import annotations

import http.client
import subprocess
import threading

from tests.localcloud.kubernetes.objects import config_map, configs
from tests.support.kubernetes import MERGE, Cluster, Tree


def told(events: list[Tree]) -> list[tuple[str, str]]:
    return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


def test_a_watch_tells_what_happens_after_a_list(cluster: Cluster, namespace: str) -> None:
    cluster.done("POST", configs(namespace), config_map("old", namespace))
    revision = cluster.get(configs(namespace))["metadata"]["resourceVersion"]

    def happen() -> None:
        cluster.done("POST", configs(namespace), config_map("new", namespace))
        patch = {"data": {"a": "1"}}
        cluster.done("PATCH", configs(namespace, "new"), patch, content_type=MERGE)
        cluster.done("DELETE", configs(namespace, "old"))

    events = cluster.watch(f"{configs(namespace)}?resourceVersion={revision}", 3, during=happen)
    assert told(events) == [("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "old")]
    revisions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert revisions == sorted(set(revisions))
    assert revisions[0] > int(revision)


def test_a_watch_begins_with_what_there_is_if_asked(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b"):
        item = config_map(name, namespace)
        item["metadata"]["labels"] = {"seen": ""}
        cluster.done("POST", configs(namespace), item)
    query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    query += "&labelSelector=seen"
    events = cluster.watch(f"{configs(namespace)}?{query}", 3, during=lambda: None)
    assert told(events) == [("ADDED", "a"), ("ADDED", "b"), ("BOOKMARK", "")]
    annotations = events[2]["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}


def test_an_object_that_leaves_the_selection_is_deleted_for_the_watch(
    cluster: Cluster, namespace: str
) -> None:
    item = config_map("one", namespace)
    item["metadata"]["labels"] = {"a": "1"}
    revision = cluster.done("POST", configs(namespace), item)["metadata"]["resourceVersion"]

    def happen() -> None:
        for value in ("2", "1"):
            patch = {"metadata": {"labels": {"a": value}}}
            cluster.done("PATCH", configs(namespace, "one"), patch, content_type=MERGE)

    path = f"{configs(namespace)}?labelSelector=a%3D1&resourceVersion={revision}"
    assert told(cluster.watch(path, 2, during=happen)) == [("DELETED", "one"), ("ADDED", "one")]


def test_kubectl_follows_what_happens(cluster: Cluster, namespace: str) -> None:
    first, second = (config_map(name, namespace) for name in ("first", "second"))
    for item in (first, second):
        item["metadata"]["labels"] = {"seen": ""}
    cluster.done("POST", configs(namespace), first)
    command = cluster.program.command(
        "-n", namespace, "get", "cm", "-w", "-o", "name", "-l", "seen"
    )
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=cluster.program.environment
    ) as watching:
        assert watching.stdout
        try:
            assert watching.stdout.readline() == "configmap/first\n"
            cluster.done("POST", configs(namespace), second)
            assert watching.stdout.readline() == "configmap/second\n"
        finally:
            watching.terminate()


def test_a_watch_ends_with_its_time(cluster: Cluster, namespace: str) -> None:
    path = f"{configs(namespace)}?labelSelector=nobody&watch=true&timeoutSeconds=1"
    assert cluster.request("GET", path) == (200, {})


def test_a_watch_that_waits_ends_with_the_api(small: Cluster, namespace: str) -> None:
    events: list[Tree] = []
    begun = threading.Event()

    def follow() -> None:
        path = f"{configs(namespace)}?labelSelector=nobody"
        try:
            events.extend(small.watch(path, 1, during=begun.set))
        except (http.client.HTTPException, OSError):
            return

    watching = threading.Thread(target=follow)
    watching.start()
    assert begun.wait(20)
    small.api.pause()
    watching.join(10)
    small.api.resume()
    assert not watching.is_alive()
    assert not events
