"""Custom resources: CloudFormation's requests to a function, and its answers."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any, Final

from localcloud.functions.callbacks import HOST, Callback, Callbacks
from localcloud.functions.runner import Answer
from localcloud.resources.provider import (
    CancelledError,
    Properties,
    Provider,
    Request,
    Resource,
    ResourceError,
)

_DEFAULT_TIMEOUT_SECONDS: Final = 3600
_POLL_SECONDS: Final = 0.2


class CustomResources(Provider):
    """Sends Create, Update and Delete to the function behind ``ServiceToken``.

    A function that raises fails its resource at once; CloudFormation would wait for its timeout.
    And a request waits for the end of an invocation that still runs for the same resource, as after
    a creation that was cancelled. What AWS does is a belief that nobody has tried: it may send a
    Delete at once, to a function that still creates.

    Args:
        invoke: Invokes a function by ARN with an event.
        runtime: The runtime of a function by ARN.
        callbacks: Takes the answers.
        concurrency: How many custom resources may be in the making at a time.
    """

    def __init__(
        self,
        *,
        invoke: Callable[[str, dict[str, Any]], Answer],
        runtime: Callable[[str], str],
        callbacks: Callbacks,
        concurrency: int,
    ) -> None:
        self._invoke = invoke
        self._runtime = runtime
        self._callbacks = callbacks
        self._slots = threading.BoundedSemaphore(concurrency)
        self._invocations: dict[tuple[str, str], threading.Thread] = {}

    def create(self, request: Request) -> Resource:
        """Send Create.

        Raises:
            ResourceError: If the function answers FAILED, too much, or not in time.
        """
        return self._send("Create", request, None, None)

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Send Update; an answer with another physical id means a replacement.

        Raises:
            ResourceError: As for `create`, and if the service token changes.
        """
        if old.get("ServiceToken") != request.properties.get("ServiceToken"):
            raise ResourceError("Modifying service token is not allowed.")
        return self._send("Update", request, resource.physical_id, old)

    def delete(self, request: Request, resource: Resource) -> None:
        """Send Delete.

        Raises:
            ResourceError: As for `create`.
        """
        self._send("Delete", request, resource.physical_id, None)

    def _send(
        self, kind: str, request: Request, physical_id: str | None, old: Properties | None
    ) -> Resource:
        token = request.properties.get("ServiceToken")
        if not isinstance(token, str) or ":lambda:" not in token:
            raise ResourceError(f"Invalid service token: {token!r} is no function's ARN.")
        timeout = float(request.properties.get("ServiceTimeout", _DEFAULT_TIMEOUT_SECONDS))
        key = request.stack_id, request.logical_id
        if before := self._invocations.get(key):
            before.join()
        callback = self._callbacks.expect()
        event: dict[str, Any] = {
            "RequestType": kind,
            "ServiceToken": token,
            "ResponseURL": self._url(token, callback),
            "StackId": request.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": request.logical_id,
            "ResourceType": request.resource_type,
            "ResourceProperties": _stringified(request.properties),
        }
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        if old is not None:
            event["OldResourceProperties"] = _stringified(old)
        with self._slots:
            if request.cancelled.is_set():
                self._callbacks.forget(callback)
                raise CancelledError("Resource creation cancelled")
            invocation = threading.Thread(
                target=self._call,
                args=(token, event, callback),
                name=f"custom resource {request.logical_id}",
                daemon=True,
            )
            self._invocations[key] = invocation
            invocation.start()
            try:
                return self._wait(request, callback, timeout, event)
            finally:
                self._callbacks.forget(callback)

    def _url(self, token: str, callback: Callback) -> str:
        if self._runtime(token).startswith("nodejs"):
            return f"https://{HOST}/{callback.token}"
        return f"http://127.0.0.1:{self._callbacks.port}/{callback.token}"

    def _call(self, token: str, event: dict[str, Any], callback: Callback) -> None:
        try:
            answer = self._invoke(token, event)
        except Exception as error:
            callback.error = f"{type(error).__name__}: {error}"
            callback.answered.set()
            return
        if answer.error:
            callback.error = f"{answer.error.get('errorType')}: {answer.error.get('errorMessage')}"
            callback.answered.set()

    def _wait(
        self, request: Request, callback: Callback, timeout: float, event: dict[str, Any]
    ) -> Resource:
        # A cancelled creation may have done something already; its rollback sends a Delete.
        begun = Resource(physical_id=str(event.get("PhysicalResourceId") or event["RequestId"]))
        waited = 0.0
        while not callback.answered.wait(_POLL_SECONDS):
            waited += _POLL_SECONDS
            if request.cancelled.is_set():
                raise CancelledError("Resource creation cancelled", begun)
            if waited >= timeout:
                raise ResourceError(
                    "CloudFormation did not receive a response from your Custom Resource. Please "
                    f"check your logs for requestId [{event['RequestId']}].",
                    begun,
                )
        answer = callback.answer
        if callback.error is not None or answer is None:
            raise ResourceError(callback.error or "no answer", begun)
        made = Resource(
            physical_id=str(answer.get("PhysicalResourceId") or begun.physical_id),
            attributes=answer.get("Data") or {},
        )
        if answer.get("Status") != "SUCCESS":
            raise ResourceError(
                "Received response status [FAILED] from custom resource. Message returned: "
                f"{answer.get('Reason')} (RequestId: {event['RequestId']})",
                made,
            )
        return made


def _stringified(value: Any) -> Any:
    # CloudFormation sends every scalar as a string.
    if isinstance(value, dict):
        return {key: _stringified(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_stringified(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value
