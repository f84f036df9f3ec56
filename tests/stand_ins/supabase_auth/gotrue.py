"""The stand-in for Supabase Auth as people use it over HTTP: its requests, its mails, its redirects."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount
from supabase_auth import AsyncGoTrueClient, AsyncMemoryStorage

from stand_ins import outbox
from stand_ins.supabase_auth import create
from tests.canaries import CANARY
from tests.world import Database

EMAIL, PASSWORD = "meera@example.com", f"meera-{CANARY}"
ACCOUNT = {"email": EMAIL, "password": PASSWORD}


def mounted(database: Database, folder: Path, base: str) -> Starlette:
    return Starlette(
        routes=[
            Mount("/auth/v1", create(database.url("supabase_auth_admin"), folder, base)),
            Mount("/local/outbox", outbox.create(folder / "outbox")),
        ]
    )


def official(address: str, **options: Any) -> AsyncGoTrueClient:
    """The official client, without its timer."""
    return AsyncGoTrueClient(url=address, storage=AsyncMemoryStorage(), auto_refresh_token=False, **options)


class Mailbox:
    """The outbox of a stand-in over `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "outbox"

    def mails(self) -> list[EmailMessage]:
        """The sent mails, the oldest first."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=default) for file in files]

    def texts(self) -> list[str]:
        """The texts of what was sent, the oldest first."""
        bodies = [mail.get_body(("plain",)) for mail in self.mails()]
        return [body.get_content() for body in bodies if body is not None]

    def subjects(self) -> list[str]:
        """Recipient and subject of what was sent, the oldest first."""
        return [f"{mail['to']}: {mail['subject']}" for mail in self.mails()]

    def link(self, number: int = -1) -> str:
        """The link in a mail, the newest unless another is named."""
        return str(re.findall(r"https?://\S+", self.texts()[number])[0])

    def token_hash(self, number: int = -1) -> str:
        """The token in the link of a mail: in Supabase's own as `token`, in the project's as `token_hash`."""
        query = parse_qs(urlsplit(self.link(number)).query)
        return (query.get("token") or query["token_hash"])[0]

    def verify_path(self, verification: str, redirect_to: str = "") -> str:
        """The path and query of Supabase's own link for the token of the newest mail."""
        query = {"token": self.token_hash(), "type": verification, "redirect_to": redirect_to}
        return f"/verify?{urlencode(query)}"

    def code(self, number: int = -1) -> str:
        """The code in a mail."""
        return str(re.findall(r"\b\d{6}\b", self.texts()[number])[-1])


def query_of(answer: httpx.Response) -> dict[str, str]:
    """The query that a redirect adds to its target."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def fragment_of(answer: httpx.Response) -> dict[str, str]:
    """The fragment of a redirect's target."""
    fragment = urlsplit(answer.headers["location"]).fragment
    return {name: values[0] for name, values in parse_qs(fragment, keep_blank_values=True).items()}


def target_of(answer: httpx.Response) -> str:
    """The target of a redirect, without query and fragment."""
    url = urlsplit(answer.headers["location"])
    return f"{url.scheme}://{url.netloc}{url.path}"


async def joined(http: httpx.AsyncClient, email: str = EMAIL) -> dict[str, Any]:
    answer = await http.post("/signup", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


async def sign_in(http: httpx.AsyncClient, email: str = EMAIL, password: str = PASSWORD) -> httpx.Response:
    body = {"email": email, "password": password}
    return await http.post("/token", params={"grant_type": "password"}, json=body)


async def refreshed(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/token", params={"grant_type": "refresh_token"}, json={"refresh_token": token})


async def exchange(http: httpx.AsyncClient, code: str, verifier: str) -> httpx.Response:
    """The code of a sign-in elsewhere against a session."""
    body = {"auth_code": code, "code_verifier": verifier}
    return await http.post("/token", params={"grant_type": "pkce"}, json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
