"""A browser, as far as signing in goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests

from tests.gateway.conftest import Front


@dataclass
class Browser:
    """Keeps cookies and follows nothing by itself.

    Attributes:
        front: The platform that it looks at.
        session: Its cookies and connections.
    """

    front: Front
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        # No proxy and no authority of this machine's.
        self.session.trust_env = False
        self.session.verify = str(self.front.authority)

    @property
    def cookies(self) -> str:
        """What it would send to the platform."""
        return "; ".join(
            f"{cookie.name}={cookie.value}" for cookie in self.session.cookies if cookie.secure
        )

    def get(self, url: str, **headers: str) -> requests.Response:
        """Open an address of the platform, or a whole one."""
        whole = urljoin(f"{self.front.url}/", url)
        return self.session.get(whole, headers=headers, allow_redirects=False, timeout=20)

    def sign_in(
        self, name: str, *, path: str = "/", password: str | None = None
    ) -> list[requests.Response]:
        """Open a page, sign in on the way, and come back to it; every answer on the way."""
        answers = [self.get(path)]
        answers.append(self.get(answers[-1].headers["location"]))
        if "/login" in answers[-1].headers.get("location", ""):
            page = urljoin(self.front.cognito_url, answers[-1].headers["location"])
            answers.append(self.get(page))
            form = {"username": name, "password": name if password is None else password}
            answers.append(self.session.post(page, data=form, allow_redirects=False, timeout=20))
        while answers[-1].status_code == 302:
            answers.append(self.get(answers[-1].headers["location"]))
        return answers
