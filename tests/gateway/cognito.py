"""Cognito's sign-in page and token endpoint, as far as a load balancer and a program use them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

import jwt
from aiohttp import encode_basic_auth, web

from tests.gateway.tokens import Claims, RsaKey, access_claims, machine_claims, user_claims


@dataclass(frozen=True)
class User:
    """Somebody in the pool.

    Attributes:
        password: Of a user who signs in at Cognito itself.
        attributes: As the pool keeps them; all are text.
    """

    password: str
    attributes: dict[str, str]

    @property
    def subject(self) -> str:
        """The user's id."""
        return self.attributes["sub"]


@dataclass(frozen=True)
class Client:
    """An app client.

    Attributes:
        secret: Its secret.
        grants: OAuth grants that it may use.
        scopes: OAuth scopes that it may ask for.
        callbacks: Where users may be sent back to.
        logouts: Where users may be sent after logout.
    """

    secret: str
    grants: frozenset[str]
    scopes: frozenset[str]
    callbacks: tuple[str, ...] = ()
    logouts: tuple[str, ...] = ()


@dataclass
class Cognito:
    """A user pool with its domain.

    Attributes:
        issuer: Issuer of its tokens.
        key: Signs them.
        clients: App clients by id.
        users: Users by sign-in name.
        log: What was asked, in order.
    """

    issuer: str
    key: RsaKey
    clients: dict[str, Client]
    users: dict[str, User]
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._sessions: dict[str, str] = {}
        self._codes: dict[str, tuple[str, str, str]] = {}
        self._refresh: dict[str, tuple[str, str]] = {}

    def app(self) -> web.Application:
        """Its pages."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/oauth2/authorize", self._authorize),
                web.get("/login", self._login_page),
                web.post("/login", self._login),
                web.post("/oauth2/token", self._token),
                web.get("/oauth2/userInfo", self._user_info),
                web.get("/logout", self._logout),
            ]
        )
        return app

    async def _authorize(self, request: web.Request) -> web.Response:
        self.log.append("authorize")
        query = request.query
        client = self.clients.get(query.get("client_id", ""))
        if client is None or query.get("redirect_uri") not in client.callbacks:
            return web.Response(status=400, text="redirect_mismatch")
        if not set(query["scope"].split()) <= client.scopes or query["response_type"] != "code":
            return web.Response(status=400, text="invalid_request")
        name = self._sessions.get(request.cookies.get("cognito", ""))
        if name is None:
            raise web.HTTPFound(f"/login?{request.query_string}")
        raise web.HTTPFound(self._back(request, name))

    async def _login_page(self, _request: web.Request) -> web.Response:
        self.log.append("login page")
        return web.Response(text="<form method=post>", content_type="text/html")

    async def _login(self, request: web.Request) -> web.Response:
        self.log.append("login")
        form = await request.post()
        name = str(form.get("username"))
        user = self.users.get(name)
        if user is None or user.password != form.get("password"):
            return web.Response(status=401, text="Incorrect username or password.")
        session = secrets.token_urlsafe(16)
        self._sessions[session] = name
        answer = web.HTTPFound(self._back(request, name))
        answer.set_cookie("cognito", session, httponly=True)
        raise answer

    def _back(self, request: web.Request, name: str) -> str:
        code = secrets.token_urlsafe(16)
        uri = request.query["redirect_uri"]
        self._codes[code] = (request.query["client_id"], uri, name)
        return f"{uri}?{urlencode({'code': code, 'state': request.query.get('state', '')})}"

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        grant = form.get("grant_type", "")
        self.log.append(f"token {grant}")
        client_id = self._authenticated(request)
        if client_id is None:
            return web.json_response({"error": "invalid_client"}, status=400)
        client = self.clients[client_id]
        if grant not in client.grants:
            return web.json_response({"error": "unauthorized_client"}, status=400)
        if grant == "client_credentials":
            scopes = form.get("scope", " ".join(client.scopes)).split()
            if not set(scopes) <= client.scopes:
                return web.json_response({"error": "invalid_scope"}, status=400)
            return web.json_response(self._machine_tokens(client_id, scopes))
        if grant == "refresh_token":
            known = self._refresh.get(form["refresh_token"])
            if known is None or known[0] != client_id:
                return web.json_response({"error": "invalid_grant"}, status=400)
            return web.json_response(self._user_tokens(*known))
        # A code is good for one use.
        given = self._codes.pop(form.get("code", ""), None)
        if given is None or given[:2] != (client_id, form.get("redirect_uri")):
            return web.json_response({"error": "invalid_grant"}, status=400)
        refresh = secrets.token_urlsafe(32)
        self._refresh[refresh] = (client_id, given[2])
        tokens = self._user_tokens(client_id, given[2])
        return web.json_response({**tokens, "refresh_token": refresh})

    def _authenticated(self, request: web.Request) -> str | None:
        given = request.headers.get("authorization", "")
        for client_id, client in self.clients.items():
            if given == encode_basic_auth(client_id, client.secret):
                return client_id
        return None

    def _user_tokens(self, client_id: str, name: str) -> Claims:
        user = self.users[name]
        claims = access_claims(self.issuer, client_id, user.subject)
        added = user_claims(user.subject, user.attributes, client_id)
        identity: Claims = {
            "sub": user.subject,
            "iss": self.issuer,
            "aud": client_id,
            "token_use": "id",
        }
        identity |= {"exp": int(time.time()) + 900, "email": user.attributes["email"]}
        return {
            "access_token": self.key.sign({**claims, **added}),
            "id_token": self.key.sign(identity),
            "token_type": "Bearer",
            "expires_in": 900,
        }

    def _machine_tokens(self, client_id: str, scopes: list[str]) -> Claims:
        claims = access_claims(self.issuer, client_id, client_id)
        claims |= {"scope": " ".join(scopes), **machine_claims(client_id, scopes)}
        return {"access_token": self.key.sign(claims), "token_type": "Bearer", "expires_in": 900}

    async def _user_info(self, request: web.Request) -> web.Response:
        self.log.append("userInfo")
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            subject = self.key.verify(token)["sub"]
        except jwt.PyJWTError:
            return web.json_response({"error": "invalid_token"}, status=401)
        [user] = [user for user in self.users.values() if user.subject == subject]
        return web.json_response({**user.attributes, "username": subject})

    async def _logout(self, request: web.Request) -> web.Response:
        self.log.append("logout")
        client = self.clients.get(request.query.get("client_id", ""))
        uri = request.query.get("logout_uri", "")
        if client is None or uri not in client.logouts:
            return web.Response(status=400, text="logout_uri is not registered")
        self._sessions.pop(request.cookies.get("cognito", ""), None)
        answer = web.HTTPFound(uri)
        answer.del_cookie("cognito")
        raise answer
