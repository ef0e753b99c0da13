"""moto's server, with what it lacks: CloudFormation, Lambda, and a few corrections.

Each correction replaces one method in this process; moto 5.2.5 is pinned for their sake.
"""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from localcloud.cloudformation.api import Call, CloudFormationApi
from localcloud.cloudformation.errors import CloudFormationError
from localcloud.functions.runner import Answer

LOOPBACK: Final = "127.0.0.1"

# Read by moto when it is imported: AWS's own managed policies exist, and certificates that are
# validated by DNS are issued after a second instead of a minute.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "1")

from moto.awslambda.models import LambdaFunction  # noqa: E402
from moto.cloudformation import exceptions as moto_errors  # noqa: E402
from moto.cloudformation.responses import CloudFormationResponse  # noqa: E402
from moto.cloudtrail.responses import CloudTrailResponse  # noqa: E402
from moto.cognitoidp.responses import CognitoIdpResponse  # noqa: E402
from moto.core.responses import ActionResult  # noqa: E402
from moto.iam.access_control import IAMPolicy, PermissionResult  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.rds.models import OptionGroup, RDSBackend  # noqa: E402
from moto.route53.models import FakeZone, Route53Backend  # noqa: E402
from moto.s3.models import FakeBucket  # noqa: E402
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server  # noqa: E402

from localcloud.rights import enforce_rights  # noqa: E402

ZONE_ID: Final = "localcloud-zone-id:"
"""A caller reference that begins so gives a new hosted zone the id behind it."""

Invoke = Callable[[str, dict[str, Any]], Answer]
"""Invokes a function by ARN with an event."""


class PortInUseError(Exception):
    """The port that was asked for is another program's."""


class MotoService:
    """The emulated AWS services on one port of the loopback interface.

    Args:
        port: 0 for any free one.

    Raises:
        PortInUseError: If the port is not free.
    """

    def __init__(self, port: int = 0) -> None:
        if port and _is_taken(port):
            raise PortInUseError(f"port {port} of {LOOPBACK} is in use")
        self._server: BaseWSGIServer = make_server(
            LOOPBACK,
            port,
            DomainDispatcherApplication(create_backend_app),
            threaded=True,
            request_handler=_QuietHandler,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, name="moto", daemon=True)

    @property
    def endpoint(self) -> str:
        """The URL of all services."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def start(self, api: CloudFormationApi, invoke: Invoke) -> None:
        """Answer requests from now on."""
        _install_cloudformation(api)
        _install_lambda(invoke)
        _correct_bucket_policies()
        enforce_rights()
        _let_zones_have_ids()
        _let_resource_servers_change()
        let_mysql_8_4_have_options()
        # The CDK CLI asks for the history of a resource that failed; moto answers with HTTP 500.
        _replace(CloudTrailResponse, "lookup_events", lambda _: json.dumps({"Events": []}))
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; all resources are forgotten when the process ends."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Thousands of requests are no news."""


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def _install_cloudformation(api: CloudFormationApi) -> None:
    # Ours answers in botocore's own shapes, which moto's transformers would not expect.
    CloudFormationResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER = {}

    def action(name: str) -> Callable[[CloudFormationResponse], ActionResult]:
        def answer(self: CloudFormationResponse) -> ActionResult:
            call = Call(
                account=self.current_account, region=self.region, parameters=dict(self.params)
            )
            try:
                return ActionResult(api.actions[name](call))
            except CloudFormationError as error:
                raise moto_errors.CloudFormationError(error.code, str(error)) from error

        return answer

    def refusal(name: str) -> Callable[[CloudFormationResponse], ActionResult]:
        def answer(_: CloudFormationResponse) -> ActionResult:
            raise moto_errors.CloudFormationError(
                "ValidationError", f"the local cloud does not know the action {name}"
            )

        return answer

    for name in _actions_of_moto():
        method = action(name) if name in api.actions else refusal(name)
        _replace(CloudFormationResponse, _snake_case(name), method)


def _actions_of_moto() -> list[str]:
    import botocore.session

    model = botocore.session.Session().get_service_model("cloudformation")
    return list(model.operation_names)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _install_lambda(invoke: Invoke) -> None:
    def run(
        self: LambdaFunction, event: str | dict[str, Any] | None = None
    ) -> tuple[str, bool, str]:
        parsed = event if isinstance(event, dict) else json.loads(event or "{}")
        answer = invoke(self.function_arn, parsed)
        if answer.error:
            return json.dumps(dict(answer.error)), True, answer.log
        return json.dumps(answer.result), False, answer.log

    _replace(LambdaFunction, "_invoke_lambda", run)


def _correct_bucket_policies() -> None:
    # moto evaluates bucket policies but ignores conditions, so "deny what is not over TLS" would
    # deny everything.
    def permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        unconditional = [s for s in policy["Statement"] if not s.get("Condition")]
        if not unconditional:
            return PermissionResult.NEUTRAL
        policy["Statement"] = unconditional
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    _replace(FakeBucket, "get_permission", permission)


def _let_zones_have_ids() -> None:
    """A zone that "exists already" must have the id that a deployment names it by."""
    create = Route53Backend.create_hosted_zone

    def create_with_id(
        self: Route53Backend, name: str, private_zone: bool, caller_reference: str, **others: Any
    ) -> FakeZone:
        zone = create(self, name, private_zone, caller_reference, **others)
        if caller_reference.startswith(ZONE_ID):
            del self.zones[zone.resource_id]
            zone.resource_id = caller_reference.removeprefix(ZONE_ID)
            self.zones[zone.resource_id] = zone
        return zone

    _replace(Route53Backend, "create_hosted_zone", create_with_id)


def _let_resource_servers_change() -> None:
    """Moto makes resource servers, and knows no way to change or delete them."""

    def update(self: CognitoIdpResponse) -> ActionResult:
        pool, identifier = self._get_param("UserPoolId"), self._get_param("Identifier")
        server = self.backend.describe_resource_server(pool, identifier)
        server.name, server.scopes = self._get_param("Name"), self._get_param("Scopes") or []
        return ActionResult({"ResourceServer": server.to_json()})

    def delete(self: CognitoIdpResponse) -> ActionResult:
        pool = self.backend.describe_user_pool(self._get_param("UserPoolId"))
        pool.resource_servers.pop(self._get_param("Identifier"), None)
        return ActionResult({})

    _replace(CognitoIdpResponse, "update_resource_server", update)
    _replace(CognitoIdpResponse, "delete_resource_server", delete)


def let_mysql_8_4_have_options() -> None:
    """Moto's list of engine versions with option groups is of 2022."""
    create = RDSBackend.create_option_group

    def create_of_any_version(self: RDSBackend, given: dict[str, Any]) -> OptionGroup:
        wanted = given["major_engine_version"]
        known = "8.0" if (given["engine_name"], wanted) == ("mysql", "8.4") else wanted
        group = create(self, {**given, "major_engine_version": known})
        group.major_engine_version = wanted
        return group

    _replace(RDSBackend, "create_option_group", create_of_any_version)


def _replace(owner: type, name: str, method: Callable[..., object]) -> None:
    setattr(owner, name, method)
