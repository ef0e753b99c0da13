"""Whether an `aws` command names what the AWS CLI has, by the API models that both read."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence, Set
from typing import Any, Final

import botocore.session
from botocore import xform_name
from botocore.exceptions import DataNotFoundError, UnknownServiceError

EVERYWHERE: Final = (
    "--region --profile --output --query --endpoint-url --no-cli-pager --no-paginate "
    "--no-sign-request --cli-binary-format --debug"
)
"""Options of every command that pages may need (`aws help`, "Global Options")."""

INPUT: Final = frozenset({"--cli-input-json", "--cli-input-yaml", "--generate-cli-skeleton"})
PAGING: Final = frozenset({"--max-items", "--page-size", "--starting-token"})

CUSTOM: Final = {
    "s3 cp": "--recursive --exclude --include --sse --sse-kms-key-id --content-type --dryrun",
    "s3 sync": "--delete --exclude --include --sse --sse-kms-key-id --dryrun",
    "s3 ls": "--recursive --human-readable --summarize",
    "s3 rm": "--recursive --exclude --include --dryrun",
    "eks update-kubeconfig": "--name --role-arn --alias --user-alias --kubeconfig --dry-run",
    "eks get-token": "--cluster-name --role-arn",
    "logs tail": "--since --follow --format --filter-pattern --log-stream-names "
    "--log-stream-name-prefix",
    "ecr get-login-password": "",
    "sso login": "--sso-session --no-browser",
    "configure sso": "",
    "configure list": "",
}
"""Commands that the CLI makes of several calls, and their options: no model has them."""

SERVICES: Final = {"s3api": "s3", "configservice": "config", "deploy": "codedeploy"}
"""Services that the CLI calls otherwise than the API does."""


def aws_problems(words: Sequence[str], *, mention: bool) -> Iterator[str]:
    """What is wrong with a command.

    Args:
        words: The command, beginning with ``aws``.
        mention: Whether it is only named in a sentence, so that options may be left out.
    """
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    if options == ["--version"]:
        return
    names = [*_names(words[1:]), "", ""]
    service, operation = names[:2]
    if f"{service} {operation}" in CUSTOM:
        known = {*CUSTOM[f"{service} {operation}"].split()}
        yield from _unknown(options, known, f"{service} {operation}")
        return
    try:
        model = _model(SERVICES.get(service, service))
    except UnknownServiceError:
        yield f"aws has no service {service}"
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation == "wait":
        operation = names[2]
        waiters = _extra(model.service_name, "waiters-2").get("waiters", {})
        operations = {xform_name(name, "-"): each["operation"] for name, each in waiters.items()}
    if operation not in operations:
        yield f"aws {service} has no {operation or 'command without a name'}"
        return
    members, required = _members(model.operation_model(operations[operation]).input_shape)
    known = {*INPUT, *members}
    if operations[operation] in _extra(model.service_name, "paginators-1").get("pagination", {}):
        known |= PAGING
    yield from _unknown(options, known, f"{service} {operation}")
    # `--no-X` gives X as well: it says that it is not.
    given = {*options, *(f"--{each[5:]}" for each in options if each.startswith("--no-"))}
    if not mention and not INPUT.intersection(options):
        for option in sorted(required - given):
            yield f"aws {service} {operation} wants {option}"


def _names(words: Sequence[str]) -> Iterator[str]:
    """The words before the command's own options, which name it."""
    rest = iter(words)
    named = 0
    for word in rest:
        if not word.startswith("-"):
            named += 1
            yield word
        elif named >= 2:
            return
        elif "=" not in word and not word.startswith(("--no-", "--debug")):
            next(rest, None)


def _unknown(options: Sequence[str], known: Set[str], name: str) -> Iterator[str]:
    for option in options:
        if option not in known and option not in EVERYWHERE.split():
            yield f"aws {name} has no option {option}"


@functools.cache
def _session() -> Any:
    return botocore.session.Session()


@functools.cache
def _model(service: str) -> Any:
    return _session().get_service_model(service)


def _extra(service: str, kind: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = (
            _session().get_component("data_loader").load_service_model(service, kind)
        )
    except (DataNotFoundError, UnknownServiceError):
        return {}
    return found


def _members(shape: Any) -> tuple[set[str], set[str]]:
    """The options that an operation's input makes, and those that must be given."""
    if shape is None:
        return set(), set()
    options = {name: f"--{xform_name(name, '-')}" for name in shape.members}
    required = {
        option
        for name, option in options.items()
        if name in shape.required_members
        and not shape.members[name].metadata.get("idempotencyToken")
    }
    negated = {
        f"--no-{option[2:]}"
        for name, option in options.items()
        if shape.members[name].type_name == "boolean"
    }
    return {*options.values(), *negated}, required
