"""What acts on changes is woken by them, and otherwise sleeps."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from queue import Queue
from typing import cast

import pytest

from localcloud.kubernetes import changes as changes_module
from localcloud.kubernetes import controllers as controllers_module
from localcloud.kubernetes.changes import Changes
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.controllers import Controllers
from localcloud.kubernetes.listening import Listening

PATIENCE = 20.0


class Lists:
    """Lists that can be watched."""

    def __init__(self, *paths: str) -> None:
        self.events: dict[str, Queue[str]] = {path: Queue() for path in paths}
        self.begun: Counter[str] = Counter()
        self.began = threading.Condition()

    def watch(self, path: str) -> Iterator[None]:
        with self.began:
            self.begun[path] += 1
            self.began.notify_all()
        if path not in self.events:
            raise ClientError(404, "no such kind")
        yield
        while self.events[path].get() == "change":
            yield
        raise ClientError(0, "the connection is lost")

    def wait_for(self, path: str, times: int) -> None:
        with self.began:
            assert self.began.wait_for(lambda: self.begun[path] >= times, PATIENCE)


class Part:
    """Something to reconcile, which can fail."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.count = 0
        self.done = threading.Condition()

    def reconcile(self) -> None:
        with self.done:
            self.count += 1
            self.done.notify_all()
        if self.failure:
            raise self.failure

    def wait_for(self, times: int) -> None:
        with self.done:
            assert self.done.wait_for(lambda: self.count >= times, PATIENCE)


class Echo(socketserver.BaseRequestHandler):
    """Says what it hears."""

    def handle(self) -> None:
        self.request.sendall(self.request.recv(10))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever looks again without a change does so all the time."""
    monkeypatch.setattr(changes_module, "_AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(controllers_module, "_AGAIN_SECONDS", 0.001)
    monkeypatch.setattr(controllers_module, "_TOGETHER_SECONDS", 0.001)


@pytest.fixture
def watching() -> Iterator[Callable[..., Changes]]:
    started: list[Changes] = []

    def watch(lists: Lists, *paths: str) -> Changes:
        started.append(Changes(lambda: cast("Client", lists), paths))
        return started[-1]

    yield watch
    for each in started:
        each.stop()


def wait_for_all(changes: Changes, *paths: str) -> None:
    """Take what comes until each of some lists has changed."""
    left = set(paths)
    while left:
        changed = changes.take(PATIENCE)
        assert changed, left
        left -= changed


def test_a_change_is_told_once_with_its_list(watching: Callable[..., Changes]) -> None:
    lists = Lists("/a", "/b")
    changes = watching(lists, "/a", "/b")
    wait_for_all(changes, "/a", "/b")
    lists.events["/b"].put("change")
    assert changes.take(PATIENCE) == {"/b"}
    assert changes.take(0) == frozenset()


def test_a_watch_that_breaks_begins_anew_and_says_so(watching: Callable[..., Changes]) -> None:
    lists = Lists("/a")
    changes = watching(lists, "/a")
    wait_for_all(changes, "/a")
    lists.events["/a"].put("break")
    lists.wait_for("/a", 2)
    wait_for_all(changes, "/a")


def test_a_kind_that_is_missing_is_tried_again_after_a_change_only(
    watching: Callable[..., Changes],
) -> None:
    lists = Lists("/crds")
    changes = watching(lists, "/crds", "/missing")
    lists.wait_for("/missing", 1)
    wait_for_all(changes, "/crds")
    threading.Event().wait(0.2)
    # Once more for the first event of the other, if that came later.
    tried = lists.begun["/missing"]
    assert tried <= 2
    lists.events["/missing"] = Queue()
    lists.events["/crds"].put("change")
    lists.wait_for("/missing", tried + 1)


def test_who_waits_for_changes_is_woken_by_the_end(watching: Callable[..., Changes]) -> None:
    changes = watching(Lists())
    threading.Timer(0.1, changes.stop).start()
    assert changes.take() == frozenset()
    assert changes.is_stopped
    changes.join()


def part(of: Part, *watched: str) -> controllers_module.Part:
    return controllers_module.Part(reconcile=of.reconcile, watched=frozenset(watched))


def test_controllers_look_at_their_own_changes_and_rest_between(
    watching: Callable[..., Changes],
) -> None:
    lists = Lists("/a", "/b", "/c")
    changes = watching(lists, "/a", "/b", "/c")
    wait_for_all(changes, "/a", "/b", "/c")
    one, other = Part(), Part()
    controllers = Controllers([part(one, "/a", "/b"), part(other, "/c")], changes)
    for count, path in enumerate(("/a", "/b"), 1):
        lists.events[path].put("change")
        one.wait_for(count)
        threading.Event().wait(0.1)
        assert (one.count, other.count) == (count, 0)
    lists.events["/c"].put("change")
    other.wait_for(1)
    controllers.stop()
    assert (one.count, other.count) == (2, 1)


@pytest.mark.parametrize("failure", [ClientError(503, "an outage"), ValueError("a mistake")])
def test_what_failed_is_tried_again_and_keeps_nobody_else_from_work(
    watching: Callable[..., Changes], failure: Exception
) -> None:
    bad, good = Part(failure), Part()
    controllers = Controllers([part(bad, "/a"), part(good, "/a")], watching(Lists("/a"), "/a"))
    bad.wait_for(3)
    good.wait_for(1)
    bad.failure = None
    controllers.stop()
    assert good.count < bad.count


class Waits(Listening):
    """Counts how often it begins to wait for a call."""

    count = 0

    def handle_request(self) -> None:
        self.count += 1
        super().handle_request()


def test_a_server_wakes_for_calls_alone() -> None:
    server = Waits(("127.0.0.1", 0), Echo)
    server.start("echo")
    address = server.server_address
    threading.Event().wait(0.2)
    assert server.count == 1
    with socket.create_connection((str(address[0]), int(address[1])), PATIENCE) as connection:
        connection.sendall(b"hello")
        assert connection.recv(10) == b"hello"
    assert server.count <= 2
    server.end()
    server.end()
    assert server.count <= 3
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(address[0]), int(address[1])), PATIENCE)


class Fails(socketserver.BaseRequestHandler):
    """Fails in the way that the caller names."""

    def handle(self) -> None:
        raise {b"gone": BrokenPipeError, b"mistake": KeyError}[self.request.recv(10)]


@pytest.mark.parametrize(("failure", "is_told"), [(b"gone", False), (b"mistake", True)])
def test_a_server_tells_of_its_mistakes_and_of_no_client_that_goes(
    failure: bytes, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    server = Listening(("127.0.0.1", 0), Fails)
    server.start("fails")
    address = server.server_address
    with socket.create_connection((str(address[0]), int(address[1])), PATIENCE) as connection:
        connection.sendall(failure)
        assert connection.recv(1) == b""
    server.end()
    assert ("fails: a call failed" in caplog.text) == is_told
