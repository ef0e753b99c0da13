"""Downloads: tried again where that helps, and a sentence that says what to do where not."""

from __future__ import annotations

import http.server
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kubeflow_aws.upstream import downloads
from kubeflow_aws.upstream.downloads import downloaded
from kubeflow_aws.upstream.fetching import NotAvailableError
from kubeflow_aws.upstream.lock import Source, UpstreamLock


def archive_of(size: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("tool-1/base/big.json")
        member.size = size
        tar.addfile(member, io.BytesIO(b"x" * size))
    return file.getvalue()


CONTENT = archive_of(3_000_000)
Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def whole(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT)


def half(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(CONTENT)))
    handler.end_headers()
    handler.wfile.write(CONTENT[: len(CONTENT) // 2])


def page(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(b"<html>Sign in, please</html>" + b" " * 1000)


def loop(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.send_response(302)
    handler.send_header("Location", handler.path)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def status(code: int) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


@dataclass
class Network:
    """A server that answers as told, one answer a request, the last one for ever."""

    address: str
    answers: list[Answer] = field(default_factory=lambda: [whole])
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def network() -> Iterator[Network]:
    known = Network(address="")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append(self.path)
            answer = known.answers[0]
            if len(known.answers) > 1:
                del known.answers[0]
            answer(self)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        known.address = f"http://127.0.0.1:{server.server_port}"
        yield known
        server.shutdown()
        thread.join()


@pytest.fixture
def source(lock: UpstreamLock, network: Network) -> Source:
    return lock.sources["tool"].model_copy(update={"url": f"{network.address}/tool.tar.gz"})


def fetch(source: Source, told: list[str] | None = None) -> bytes:
    notify = (told if told is not None else []).append
    with downloaded("tool", source, helm=Path("helm"), notify=notify, pause_seconds=0) as archive:
        return archive.read_bytes()


def test_progress_is_told(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "_PROGRESS_BYTES", 1_000_000)
    told: list[str] = []

    assert fetch(source, told) == CONTENT
    assert told[0] == "fetching tool v1"
    assert told[1:] == ["  1 of 3 MB", "  2 of 3 MB"]


@pytest.mark.parametrize("first", [half, page, status(503), status(429), status(500)])
def test_what_may_pass_is_tried_again(first: Answer, source: Source, network: Network) -> None:
    network.answers = [first, whole]
    told: list[str] = []

    assert fetch(source, told) == CONTENT
    assert len(network.asked) == 2
    assert "trying again" in told[1]


def test_an_archive_that_always_breaks_off_is_given_up_with_what_there_was(
    source: Source, network: Network
) -> None:
    network.answers = [half]

    with pytest.raises(
        NotAvailableError, match=r"broke off after 1\.0 MB, 3 times\); name a mirror"
    ):
        fetch(source)
    assert len(network.asked) == 3


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (404, r"is not there \(404\): is the version right\?"),
        (403, r"is refused \(403\), by a proxy, a firewall or for too many requests"),
        (418, "answers 418"),
    ],
)
def test_what_stays_so_is_not_tried_again(
    code: int, advice: str, source: Source, network: Network
) -> None:
    network.answers = [status(code)]

    with pytest.raises(NotAvailableError, match=advice):
        fetch(source)
    assert len(network.asked) == 1


def test_what_is_always_no_archive_is_given_up(source: Source, network: Network) -> None:
    network.answers = [page]

    with pytest.raises(
        NotAvailableError, match=r"begins with b'<html>.*3 times; does a proxy answer with a page"
    ):
        fetch(source)
    assert len(network.asked) == 3


def test_a_circle_of_redirections_is_run_through_once(source: Source, network: Network) -> None:
    network.answers = [loop]

    with pytest.raises(NotAvailableError, match="redirects"):
        fetch(source)
    assert len(network.asked) == 31


def test_proxies_are_honoured(
    source: Source, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", network.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    elsewhere = source.model_copy(update={"url": "http://upstream.invalid/tool.tar.gz"})

    assert fetch(elsewhere) == CONTENT
    assert network.asked == ["http://upstream.invalid/tool.tar.gz"]


def test_a_dead_proxy_is_named_at_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    elsewhere = source.model_copy(update={"url": "http://upstream.invalid/tool.tar.gz"})
    told: list[str] = []

    with pytest.raises(NotAvailableError, match=r"the proxy of HTTPS_PROXY or HTTP_PROXY"):
        fetch(elsewhere, told)
    assert told == ["fetching tool v1"]


def test_without_a_network_nothing_is_tried_twice(source: Source) -> None:
    nobody = source.model_copy(update={"url": "http://127.0.0.1:9/tool.tar.gz"})
    told: list[str] = []

    with pytest.raises(
        NotAvailableError,
        match=r"tool\.tar\.gz cannot be reached: Failed to establish a new connection",
    ):
        fetch(nobody, told)
    assert told == ["fetching tool v1"]


REFUSALS = {
    "403 Forbidden": "a login that has expired is refused too, helm registry logout reg.example",
    "manifest not found": "is the version right",
}


@pytest.mark.parametrize(("said", "advice"), REFUSALS.items(), ids=list(REFUSALS))
def test_a_chart_that_a_registry_refuses_says_what_to_do(
    said: str, advice: str, source: Source, tmp_path: Path
) -> None:
    helm = tmp_path / "helm"
    helm.write_text(f"#!/bin/sh\necho {said} >&2\nexit 1\n", encoding="utf-8")
    helm.chmod(0o755)
    chart = source.model_copy(update={"url": "oci://reg.example/tool:1.2.3"})

    with (
        pytest.raises(NotAvailableError, match=advice),
        downloaded("tool", chart, helm=helm, notify=lambda _: None, pause_seconds=0),
    ):
        raise AssertionError("nothing was fetched")


def helm_that(tmp_path: Path, script: str) -> Path:
    helm = tmp_path / "helm"
    helm.write_text(f'#!/bin/sh\nfolder="${{4#*=}}"\n{script}\n', encoding="utf-8")
    helm.chmod(0o755)
    return helm


def pull(source: Source, helm: Path) -> bytes:
    chart = source.model_copy(update={"url": "oci://reg.example/tool:1.2.3"})
    with downloaded("tool", chart, helm=helm, notify=lambda _: None, pause_seconds=0) as archive:
        return archive.read_bytes()


def test_what_a_failed_pull_has_left_is_no_part_of_the_next(source: Source, tmp_path: Path) -> None:
    (tmp_path / "chart").write_bytes(CONTENT)
    helm = helm_that(
        tmp_path,
        f"""if [ ! -e {tmp_path}/once ]; then
  touch {tmp_path}/once "$folder/half.tgz"; echo "unexpected EOF at sha256:ab4034ff" >&2; exit 1
fi
cp {tmp_path}/chart "$folder/tool.tgz"; touch "$folder/tool.tgz.prov"
""",
    )

    assert pull(source, helm) == CONTENT


def test_a_pull_without_a_chart_is_an_error(source: Source, tmp_path: Path) -> None:
    with pytest.raises(NotAvailableError, match=r"pull oci://reg\.example/tool left no chart"):
        pull(source, helm_that(tmp_path, "true"))
