"""Keys and tokens: genuine ones, and all that could be mistaken for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
import uuid
from collections.abc import Mapping
from typing import Any, Final
from unittest import mock

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kubeflow_aws.identity.pre_token_generation import index

Claims = dict[str, Any]

PROVIDERS: Final = {"Google": {"domains": ["example.com"], "verified": False}}
MACHINES: Final = {"kubeflow/ci": "ci@machines.platform.example.com"}


class RsaKey:
    """A signing key of an issuer, with an id that an attacker may also give to hers."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def keys(self) -> str:
        """Its JSON Web Key Set."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return json.dumps({"keys": [{**key, "kid": self.key_id, "alg": "RS256", "use": "sig"}]})

    def sign(self, claims: Claims) -> str:
        """A token."""
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id})

    def verify(self, token: str, **options: Any) -> Claims:
        """The claims of a token.

        Raises:
            jwt.PyJWTError: It is not ours, or has expired.
        """
        return jwt.decode(token, self._key.public_key(), algorithms=["RS256"], **options)

    def sign_with_the_public_key(self, claims: Claims) -> str:
        """A token whose HMAC secret is what everybody knows (algorithm confusion)."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        text = f"{_part({'alg': 'HS256', 'kid': self.key_id})}.{_part(claims)}"
        return f"{text}.{_base64(hmac.new(public, text.encode(), hashlib.sha256).digest())}"


def unsigned(claims: Claims, key_id: str) -> str:
    """A token that says of itself that it needs no signature."""
    return f"{_part({'alg': 'none', 'kid': key_id})}.{_part(claims)}."


class LoadBalancerKey:
    """The key by which a load balancer signs `x-amzn-oidc-data`."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.key_id = str(uuid.uuid4())

    def sign(self, claims: Claims, **header: str) -> str:
        """The header's value (Elastic Load Balancing, "Authenticate users")."""
        return jwt.encode(
            {"exp": int(time.time()) + 120, **claims},
            self._key,
            algorithm="ES256",
            headers={"kid": self.key_id, **header},
        )


def run_trigger(event: Claims) -> Claims:
    """The claims that our Lambda function adds to an access token."""
    environment = {
        "IDENTITY_PROVIDERS": json.dumps(PROVIDERS),
        "MACHINES": json.dumps(MACHINES),
    }
    with mock.patch.dict(os.environ, environment):
        answer = index.handler(event, None)
    details = answer["response"]["claimsAndScopeOverrideDetails"]
    claims: Claims = details["accessTokenGeneration"]["claimsToAddOrOverride"]
    return claims


def user_claims(subject: str, attributes: Mapping[str, str], client: str) -> Claims:
    """What the trigger adds for a user."""
    return run_trigger(
        {
            "version": "3",
            "triggerSource": "TokenGeneration_HostedAuth",
            "userName": subject,
            "callerContext": {"clientId": client},
            "request": {
                "userAttributes": {"sub": subject, **attributes},
                "groupConfiguration": {},
                "scopes": ["openid", "email"],
            },
            "response": {},
        }
    )


def machine_claims(client: str, scopes: list[str]) -> Claims:
    """What the trigger adds for a program."""
    return run_trigger(
        {
            "version": "3",
            "triggerSource": "TokenGeneration_ClientCredentials",
            "userName": "ClientCredentials",
            "callerContext": {"clientId": client},
            "request": {"userAttributes": {}, "groupConfiguration": None, "scopes": scopes},
            "response": {},
        }
    )


def access_claims(issuer: str, client: str, subject: str, *, seconds: int = 900) -> Claims:
    """The claims that every access token of Cognito has; none of them is an audience."""
    now = int(time.time())
    return {
        "sub": subject,
        "iss": issuer,
        "version": 2,
        "client_id": client,
        "token_use": "access",
        "scope": "openid email",
        "auth_time": now,
        "iat": now,
        "exp": now + seconds,
        "jti": str(uuid.uuid4()),
        "username": subject,
    }


def _part(value: Claims) -> str:
    return _base64(json.dumps(value).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
