"""People of browser tests: each new, signed up without the pages."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import StorageState

from tests.patience import PATIENCE

# Where `web/src/lib/auth/session.ts` keeps the session.
_SESSION = "oneai.session"


@dataclass(frozen=True)
class User:
    """A user who has signed up at the stack, with a confirmed address."""

    stack_url: str
    email: str
    password: str
    session: dict[str, Any]
    """What Supabase Auth answered at sign-in: tokens and the user."""

    @property
    def id(self) -> str:
        """Their user id."""
        return str(self.session["user"]["id"])

    def client(self) -> httpx.AsyncClient:
        """A client of the API as them: `await client.get("/api/me")`."""
        headers = {"authorization": f"Bearer {self.session['access_token']}"}
        return httpx.AsyncClient(base_url=self.stack_url, headers=headers, timeout=PATIENCE)

    async def run_job(self, name: str) -> None:
        """Runs a scheduled function of the stack now."""
        await run_job(self.stack_url, name)

    def storage(self, **more: str) -> StorageState:
        """A browser's storage in which they are signed in; `more` are further keys, `oneai.` before each."""
        entries = {_SESSION: json.dumps(self.session)} | {f"oneai.{name}": value for name, value in more.items()}
        return storage(self.stack_url, entries)


async def run_job(stack_url: str, name: str) -> None:
    """Runs a scheduled function of the stack now, to its end: on a busy machine it has no other limit than the test."""
    async with httpx.AsyncClient(base_url=stack_url, timeout=httpx.Timeout(None)) as stack:
        (await stack.post(f"/local/run/{name}")).raise_for_status()


def storage(origin: str, entries: dict[str, str]) -> StorageState:
    """A browser's local storage of one origin."""
    items = [{"name": name, "value": value} for name, value in entries.items()]
    return {"cookies": [], "origins": [{"origin": origin, "localStorage": items}]}  # type: ignore[typeddict-item]


async def newcomer(stack_url: str) -> User:
    """Signs a new user up, who has agreed to the terms."""
    email, password = f"person-{uuid4().hex[:12]}@example.com", "a long password"
    async with httpx.AsyncClient(base_url=stack_url, timeout=PATIENCE) as client:
        credentials = {"email": email, "password": password}
        (await client.post("/local/people/", json=credentials)).raise_for_status()
        answer = await client.post("/auth/v1/token?grant_type=password", json=credentials)
        answer.raise_for_status()
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        required = (await client.get("/api/user/consents", headers=headers)).raise_for_status().json()["required"]
        agreed = await client.post("/api/user/consents", json={"consents": required}, headers=headers)
        agreed.raise_for_status()
    return User(stack_url, email, password, answer.json())
