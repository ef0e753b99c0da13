"""The way from the function to the cluster."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from .eks_token import eks_token
from .kubernetes import Kubernetes


def connect(cluster: Mapping[str, str], region: str) -> Kubernetes:
    """A connection to the API of the cluster, as the role of this function.

    Args:
        cluster: Its `name`, `url` and `authority` (in base64, as EKS tells it).
        region: Where this function runs.
    """
    token = eks_token(cluster["name"], region)
    return Kubernetes(
        url=cluster["url"],
        authority=base64.b64decode(cluster["authority"]).decode(),
        headers={"Authorization": f"Bearer {token}"},
    )
