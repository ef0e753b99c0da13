"""`kubeflow-aws password`: the hash of a password for a deployment file."""

from __future__ import annotations

import sys
from typing import Annotated

import bcrypt
import typer

from kubeflow_aws.files.errors import UserError


def command(
    secret: Annotated[
        str, typer.Option(prompt="Password", hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Ask for a password and print its hash for auth.users.

    The hash, bcrypt's, is what users of the deployment file have.
    """
    if len(secret) < 12 or len(secret.encode()) > 72:  # bcrypt reads 72 bytes
        raise UserError("a password has 12 characters or more, and at most 72 bytes")
    sys.stdout.write(f"{bcrypt.hashpw(secret.encode(), bcrypt.gensalt(12)).decode()}\n")
