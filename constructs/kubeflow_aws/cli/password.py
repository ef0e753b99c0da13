"""`kubeflow-aws password`: the hash of a password for a deployment file."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kubeflow_aws.files.errors import UserError


def command(
    secret: Annotated[
        str | None, typer.Option(help="The password; the shell's history keeps it.")
    ] = None,
) -> None:
    """Ask for a password and print its hash for auth.users.

    The hash, bcrypt's, is what users of the deployment file have. Without a terminal, the first
    line of standard input is the password.
    """
    import bcrypt  # not for the help

    if secret is None:
        secret = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if len(secret) < 12 or len(secret.encode()) > 72:  # bcrypt reads 72 bytes
        raise UserError("a password has 12 characters or more, and at most 72 bytes")
    sys.stdout.write(f"{bcrypt.hashpw(secret.encode(), bcrypt.gensalt(12)).decode()}\n")


def _asked() -> str:
    # Standard output is for the hash.
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
