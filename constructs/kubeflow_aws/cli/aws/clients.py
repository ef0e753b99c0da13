"""Clients of one account that remember what they asked, so that a refusal can name its action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, UnknownRegionError
from botocore.parsers import ResponseParserError

from kubeflow_aws.cli.checks.check import Check, unseen

PATIENCE: Final = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)
"""Seconds and attempts: who has no network should hear of it at once."""

DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
"""Codes with which services say that an IAM action is missing."""

ACTIONS: Final = {"s3:HeadBucket": "s3:ListBucket"}
"""IAM actions that are not named after their API (Service Authorization Reference)."""

HOMES: Final = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""The region that every account of a partition has; us-east-1 in the others."""

LONGEST: Final = 200
"""Characters of what AWS says that a table has room for."""

NO_ANSWER: Final = (BotoCoreError, ClientError, ResponseParserError)
"""What a call raises: no connection, a refusal, or a proxy that answers in place of AWS."""


class Aws:
    """Clients of one account, in the region of a deployment unless another is named.

    Args:
        session: Credentials; nothing is changed with them.
        region: Region of the deployment.
    """

    region: str
    asked: list[str]
    """IAM actions of all calls so far."""

    def __init__(self, session: boto3.Session, region: str) -> None:
        self.region = region
        self.asked = []
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        session.events.register("provide-client-params", self._remember)

    @property
    def home(self) -> str:
        """A region that the account has, whatever is enabled; IAM keeps its quotas there."""
        try:
            partition = self._session.get_partition_for_region(self.region)
        except UnknownRegionError:
            partition = "aws"
        return HOMES.get(partition, "us-east-1")

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service."""
        key = service, region or self.region
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=key[1], config=PATIENCE)
        return self._clients[key]

    def look(self, name: str, ask: Callable[[], Check]) -> Check:
        """What a check says, or that it could not be made, and what is missing for it.

        Args:
            name: What is looked at.
            ask: Asks AWS.
        """
        try:
            return ask()
        except NO_ANSWER as error:
            return self.refusal(name, error)

    def look_at_each(self, name: str, ask: Callable[[], Iterable[Check]]) -> Iterator[Check]:
        """The same for what makes several checks; those before a refusal count.

        Args:
            name: What is looked at, all together.
            ask: Asks AWS.
        """
        try:
            yield from ask()
        except NO_ANSWER as error:
            yield self.refusal(name, error)

    def refusal(self, name: str, error: Exception) -> Check:
        """What is said of the last call, which AWS did not answer.

        Args:
            name: What was looked at.
            error: Of the last call, one of `NO_ANSWER`.
        """
        action = self.asked[-1] if self.asked else "AWS"
        if not isinstance(error, ClientError):
            return unseen(
                name,
                f"{action} got no answer: {_first_line(str(error))}",
                "check the network, a proxy (HTTPS_PROXY) and the region, then try again",
            )
        code, text = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in DENIED:
            return unseen(
                name,
                f"these credentials may not call {action}",
                f"allow {action}; docs/operations/doctor.md has a policy with all that is asked",
            )
        return unseen(
            name,
            f"{action} answers {code} {_first_line(text)}".rstrip(),
            "try again; if it stays, what AWS answers says why",
        )

    def _remember(self, model: Any, **_: object) -> None:
        action = f"{model.service_model.signing_name}:{model.name}"
        self.asked.append(ACTIONS.get(action, action))


def _first_line(text: str) -> str:
    """The rest may be the page of a proxy that answers in place of AWS."""
    line = text.partition("\n")[0].partition("<")[0].strip()
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."
