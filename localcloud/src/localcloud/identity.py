"""Who is behind a token that `aws eks get-token` makes."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs, urlsplit

from moto.sts.models import sts_backends

_PREFIX = "k8s-aws-v1."


def principal_of(token: str) -> str | None:
    """The ARN of the IAM role whose credentials signed a token.

    The token is a pre-signed URL of STS (the format of aws-iam-authenticator). EKS calls the URL;
    here its access key is looked up, and the signature is not checked.

    Returns:
        None for anything that is no such token, or was signed by no role of this cloud.
    """
    if not token.startswith(_PREFIX):
        return None
    text = token.removeprefix(_PREFIX)
    try:
        url = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    credential = parse_qs(urlsplit(url).query).get("X-Amz-Credential", [""])[0]
    for partitions in sts_backends.values():
        for backend in partitions.values():
            role = backend.get_assumed_role_from_access_key(credential.split("/")[0])
            if role is not None:
                return str(role.role_arn)
    return None
