"""What the platform needs to know of a user pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True, slots=True)
class SignIn:
    """A user pool, as the load balancer and the gateway see it. Values may be tokens.

    Attributes:
        issuer: Issuer of its tokens, a URL.
        user_pool_arn: ARN of the pool.
        client_id: App client of the load balancer.
        domain: Prefix of Cognito's own domain, or the whole custom domain: what an Application
            Load Balancer takes.
        base_url: Where the sign-in page is, without a slash at its end.
        machine_client_ids: App clients of programs.
        session_seconds: How long a user stays signed in.
    """

    issuer: str
    user_pool_arn: str
    client_id: str
    domain: str
    base_url: str
    machine_client_ids: Sequence[str]
    session_seconds: int

    @property
    def keys_url(self) -> str:
        """Where the keys of its tokens are (Amazon Cognito, "Verifying JSON web tokens")."""
        return f"{self.issuer}/.well-known/jwks.json"

    def logout_url(self, host: str) -> str:
        """Ends the session with Cognito and comes back to a host, which its client must know."""
        after = quote(f"https://{host}/", safe="")
        return f"{self.base_url}/logout?client_id={self.client_id}&logout_uri={after}"
