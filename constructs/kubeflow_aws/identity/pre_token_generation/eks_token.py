"""The token that EKS knows an IAM role by: a request to STS, signed and not sent.

EKS sends it, and hears from STS who signed it (kubernetes-sigs/aws-iam-authenticator, README, "API
Authorization from Outside a Cluster"). Signing needs no connection.
"""

from __future__ import annotations

import base64

from botocore.model import ServiceId
from botocore.session import Session
from botocore.signers import RequestSigner

PREFIX = "k8s-aws-v1."
SECONDS = 60


def eks_token(cluster: str, region: str) -> str:
    """A token for one cluster, by the credentials of this function.

    Args:
        cluster: Name of the cluster, which is part of what is signed.
        region: Region of STS.
    """
    session = Session()
    signer = RequestSigner(
        ServiceId("sts"),
        region,
        "sts",
        "v4",
        session.get_credentials(),
        session.get_component("event_emitter"),
    )
    host = f"sts.{region}.amazonaws.com"
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"https://{host}/?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": cluster},
            "context": {},
        },
        region_name=region,
        expires_in=SECONDS,
        operation_name="",
    )
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
