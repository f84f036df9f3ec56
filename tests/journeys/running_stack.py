"""A whole stack and its users, who reach it through its one port only."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from local.postgres_server import running_url
from tests.canaries import CANARY
from tests.local.running import Stack
from tests.patience import PATIENCE
from tests.world import Database, World


class StackDatabase(Database):
    """The database of a running stack."""

    def __init__(self, processes: Stack) -> None:
        self.processes = processes
        self._connection = None

    def url(self, role: str) -> str:
        """The URL of the database for `role`."""
        return running_url(self.processes.data / "postgres", "oneai", role)


class RunningStack(World):
    """A stack in processes of its own, which a test can kill."""

    def __init__(self, processes: Stack) -> None:
        self.processes, self.address, self.database = processes, processes.url, StackDatabase(processes)
        self.people: dict[str, UUID] = {}
        self.tokens: dict[str, str] = {}
        self.http = self._client()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self.address}/api", timeout=PATIENCE)

    async def come_back_later(self) -> None:
        """Opens new connections: a gateway that ends closes the old ones, possibly while they are used."""
        await self.http.aclose()
        self.http = self._client()

    def newcomer(self, name: str | None = None) -> str:
        """Signs a new user up over HTTP, under this name or one of their own; their name."""
        name = name or f"person-{uuid4().hex[:8]}"
        account = {"email": f"{name}@example.com", "password": f"{name}-{CANARY}"}
        signed_up = httpx.post(f"{self.address}/auth/v1/signup", json=account, timeout=PATIENCE).json()
        self.people[name], self.tokens[name] = UUID(signed_up["user"]["id"]), signed_up["access_token"]
        return name

    def headers(self, who: str | None = None, **more: str) -> dict[str, str]:
        """The headers of `who`; None for an anonymous client."""
        return more if who is None else {"authorization": f"Bearer {self.tokens[who]}", **more}

    async def kill(self, function: str) -> None:
        """Kills the process in which the function runs."""
        killed = await self.http.post(f"{self.address}/local/kill/{function}")
        assert killed.status_code == 202

    async def advance(self, seconds: float) -> None:
        """Moves the stack's clock, and waits for the schedules of the skipped span."""
        moved = await self.http.post(f"{self.address}/local/clock", json={"advance_seconds": seconds}, timeout=300)
        assert moved.status_code == 200

    async def run(self, function: str) -> dict[str, Any]:
        """Runs a job now; how it ended."""
        outcome: dict[str, Any] = (await self.http.post(f"{self.address}/local/run/{function}")).json()
        return outcome

    async def alerts_emitted(self) -> list[str]:
        """The kinds of all OperatorAlert metrics."""
        emitted = (await self.http.get(f"{self.address}/local/metrics")).json()["items"]
        return [each["dimensions"]["kind"] for each in emitted if each["name"] == "OperatorAlert"]

    async def messages(self, who: str, conversation_id: str) -> list[dict[str, Any]]:
        """The newest page of a conversation, as `who` gets it."""
        page = await self.get(f"/conversations/{conversation_id}/messages", who)
        items: list[dict[str, Any]] = page.json()["items"]
        return items

    async def quota_of(self, who: str, key: str = "small_messages") -> tuple[int, int]:
        """`(used, reserved)` as the user sees it."""
        quota = (await self.get("/quota/status", who)).json()["quotas"][key]
        return quota["used"], quota["reserved"]
