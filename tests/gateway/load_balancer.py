"""An Application Load Balancer that signs users in.

Its rules are those of the Ingresses. What AWS documents of the real one is modelled (Elastic Load
Balancing, "Authenticate users"): the session in up to four encrypted cookies, the refresh of
tokens, headers of its own in the place of the client's where it signed the user in, and only there.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
from aiohttp import web
from cryptography.fernet import Fernet, InvalidToken
from multidict import CIMultiDict
from yarl import URL

from tests.gateway.cognito import Cognito
from tests.gateway.listener_rules import OnUnauthenticated, Rule, TokenCheck
from tests.gateway.tokens import LoadBalancerKey

COOKIE = "AWSELBAuthSessionCookie"
CALLBACK = "/oauth2/idpresponse"
SHARD_BYTES = 4000
MAX_CLAIMS_BYTES = 11 * 1024
_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding"}
)
Session = dict[str, Any]


class LoadBalancer:
    """A listener on HTTPS; other ports than 443 stand in the `host` that browsers see.

    Args:
        host: Name and port of the platform.
        rules: The listener's rules.
        drops_invalid_headers: Whether unusual header names are dropped.
        gateway_port: Where the gateway listens.
        cognito: The user pool.
        cognito_url: Its domain.
    """

    def __init__(
        self,
        *,
        host: str,
        rules: Sequence[Rule],
        drops_invalid_headers: bool,
        gateway_port: int,
        cognito: Cognito,
        cognito_url: str,
    ) -> None:
        self._host = host
        self._rules = rules
        self._drops = drops_invalid_headers
        self._gateway = f"http://127.0.0.1:{gateway_port}"
        self._cognito = cognito
        self._cognito_url = cognito_url
        self._box = Fernet(Fernet.generate_key())
        self._key = LoadBalancerKey()
        self.tokens_expire_at_once = False

    def app(self) -> web.Application:
        """The listener."""
        app = web.Application(
            client_max_size=1 << 24, handler_args={"max_field_size": 1 << 16, "max_headers": 512}
        )
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        host = request.host.partition(":")[0]
        # The raw path: what it forwards is what the rules have seen.
        path = request.raw_path.partition("?")[0]
        rule = next((rule for rule in self._rules if rule.applies(host, path, headers)), None)
        if rule is None:
            return web.Response(status=404)
        if path == CALLBACK and rule.sign_in is not OnUnauthenticated.ALLOW:
            return await self._callback(request, rule)
        if rule.tokens:
            if not self._is_valid(headers.get("authorization", ""), rule.tokens):
                return web.Response(status=401)
            return await self._forward(request, None)
        if rule.sign_in is OnUnauthenticated.ALLOW:
            return await self._forward(request, None)
        return await self._with_session(request, rule)

    async def _with_session(self, request: web.Request, rule: Rule) -> web.StreamResponse:
        session = self._session(request, rule)
        if session is None:
            if rule.sign_in is OnUnauthenticated.DENY:
                return web.Response(status=401)
            raise self._to_sign_in(request, rule)
        if session["expires"] > time.time() and not self.tokens_expire_at_once:
            return await self._forward(request, session)
        form = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
        tokens = await self._tokens(rule, form)
        if tokens is None:
            raise self._to_sign_in(request, rule)
        renewed = {**session, **tokens, "expires": time.time() + 900}
        answer = await self._forward(request, renewed)
        self._set_cookies(answer, renewed, rule)
        return answer

    def _to_sign_in(self, request: web.Request, rule: Rule) -> web.HTTPFound:
        nonce = Fernet.generate_key().decode()
        state = self._box.encrypt(json.dumps([request.raw_path, nonce]).encode()).decode()
        query = {
            "client_id": rule.client_id,
            "redirect_uri": f"https://{request.host}{CALLBACK}",
            "response_type": "code",
            "scope": rule.scope,
            "state": state,
        }
        answer = web.HTTPFound(f"{self._cognito_url}/oauth2/authorize?{urlencode(query)}")
        answer.set_cookie("AWSALBAuthNonce", nonce, secure=True, httponly=True)
        return answer

    async def _callback(self, request: web.Request, rule: Rule) -> web.StreamResponse:
        try:
            state = self._box.decrypt(request.query.get("state", "").encode())
            target, nonce = json.loads(state)
        except InvalidToken:
            return web.Response(status=401)
        if request.cookies.get("AWSALBAuthNonce") != nonce:
            return web.Response(status=401)
        form = {
            "grant_type": "authorization_code",
            "code": request.query.get("code", ""),
            "redirect_uri": f"https://{request.host}{CALLBACK}",
        }
        tokens = await self._tokens(rule, form)
        if tokens is None:
            return web.Response(status=401)
        user_info = await self._user_info(tokens["access_token"])
        if len(json.dumps(user_info)) + len(tokens["access_token"]) > MAX_CLAIMS_BYTES:
            return web.Response(status=500)
        now = time.time()
        session = {**tokens, "user_info": user_info, "created": now, "expires": now + 900}
        answer = web.HTTPFound(target)
        self._set_cookies(answer, session, rule)
        answer.del_cookie("AWSALBAuthNonce")
        raise answer

    async def _tokens(self, rule: Rule, form: dict[str, str]) -> Session | None:
        secret = self._cognito.clients[rule.client_id].secret
        headers = {"authorization": aiohttp.encode_basic_auth(rule.client_id, secret)}
        url = f"{self._cognito_url}/oauth2/token"
        async with (
            aiohttp.ClientSession() as client,
            client.post(url, data=form, headers=headers) as answer,
        ):
            tokens: Session = await answer.json()
            return tokens if answer.status == 200 else None

    async def _user_info(self, access_token: str) -> Session:
        headers = {"authorization": f"Bearer {access_token}"}
        url = f"{self._cognito_url}/oauth2/userInfo"
        async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
            found: Session = await answer.json()
            return found

    def _is_valid(self, authorization: str, check: TokenCheck) -> bool:
        try:
            claims = self._cognito.key.verify(
                authorization.removeprefix("Bearer "), issuer=check.issuer
            )
        except jwt.PyJWTError:
            return False
        return all(claims.get(name) == value for name, value in check.claims.items())

    def _session(self, request: web.Request, rule: Rule) -> Session | None:
        shards = [request.cookies.get(f"{COOKIE}-{number}", "") for number in range(4)]
        try:
            session: Session = json.loads(self._box.decrypt("".join(shards).encode()))
        except InvalidToken:
            return None
        return session if session["created"] + rule.session_seconds > time.time() else None

    def _set_cookies(self, answer: web.StreamResponse, session: Session, rule: Rule) -> None:
        text = self._box.encrypt(json.dumps(session).encode()).decode()
        for number in range(0, len(text), SHARD_BYTES):
            answer.set_cookie(
                f"{COOKIE}-{number // SHARD_BYTES}",
                text[number : number + SHARD_BYTES],
                max_age=rule.session_seconds,
                secure=True,
                httponly=True,
                samesite="None",
            )

    async def _forward(self, request: web.Request, session: Session | None) -> web.Response:
        headers = CIMultiDict(
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP
            and not (self._drops and not re.fullmatch(r"[-A-Za-z0-9]+", name))
            # Replaced where it has headers of its own, and passed on where it has none.
            and not (session and name.lower().startswith("x-amzn-oidc-"))
        )
        headers.add("host", request.host)
        headers.add("x-forwarded-for", str(request.remote))
        headers.add("x-forwarded-proto", "https")
        if session:
            user = session["user_info"]
            headers.add("x-amzn-oidc-accesstoken", session["access_token"])
            headers.add("x-amzn-oidc-identity", user["sub"])
            headers.add("x-amzn-oidc-data", self._key.sign(user))
        url = URL(f"{self._gateway}{request.raw_path}", encoded=True)
        body = await request.read()
        async with (
            aiohttp.ClientSession(skip_auto_headers=("accept", "user-agent")) as client,
            client.request(
                request.method, url, headers=headers, data=body or None, allow_redirects=False
            ) as answer,
        ):
            kept = CIMultiDict(
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _HOP_BY_HOP
            )
            return web.Response(status=answer.status, headers=kept, body=await answer.read())
