"""The stand-in for SES on a socket of its own, and the environment of the functions that use it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from oneai import notifications, settings
from oneai.clients import ses
from oneai.postgres import db
from stand_ins import outbox
from tests.served import served
from tests.world import Database

OPERATOR = "operator@mail.example"
QUOTA = {"quota_key": "small_messages", "threshold": 80, "used": 80, "limit": 100, "resets_at": "2026-12-01T00:00:00Z"}


@dataclass
class Office:
    """Creates users, sends mail, and reads its state and recipients."""

    address: str
    database: Database
    browser: httpx.AsyncClient

    async def arrived(self, to: str | None = None) -> list[dict[str, Any]]:
        """The arrived mails, oldest first; `to` limits them to one address."""
        items: list[dict[str, Any]] = (await self.browser.get(f"{self.address}/")).json()["items"]
        return [each for each in reversed(items) if to in (None, each["to"])]

    async def set_fault(self, name: str | None) -> None:
        """Sets or ends a fault."""
        assert (await self.browser.post(f"{self.address}/trouble", json={"trouble": name})).status_code == 200

    def user(self, email: str = "asha@example.com", **metadata: Any) -> UUID:
        """A user who signed up, and whose welcome is already sent."""
        user = uuid4()
        self.database.rows(
            "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data) values (%s, %s, now(), %s)",
            user,
            email,
            Jsonb(metadata),
        )
        self.database.rows("update oneai.outbox set state = 'sent' where user_id = %s", user)
        return user

    def post(self, user: UUID, cause: str = "cause", kind: str = "quota_warning", **data: Any) -> bool:
        """A cause."""
        posted: bool = self.database.one(
            "select oneai.enqueue_mail(%s, %s, %s, %s)",
            user,
            kind,
            cause,
            Jsonb({**QUOTA, **data} if data else QUOTA),
        )
        return posted

    def states(self) -> list[str]:
        """The states of all mail but welcomes, oldest first."""
        return self.database.rows(
            "select state from oneai.outbox where kind <> 'welcome' order by created_at, cause_key"
        )

    def alerts(self) -> list[str]:
        """The kinds of all alerts."""
        return self.database.rows("select kind from oneai.operator_alerts order by kind")

    async def send(self, times: int = 1) -> dict[str, int]:
        """Runs the job, so often at once."""
        runs = await asyncio.gather(*(notifications.send_due() for _ in range(times)))
        return {key: sum(run[key] for run in runs) for key in runs[0]}


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """A running stand-in."""
    async with served(lambda _: outbox.create(tmp_path / "outbox")) as address, httpx.AsyncClient() as browser:
        with pytest.MonkeyPatch.context() as environment:
            for name, value in {
                **outbox.settings_of(address),
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "ap-south-1",
                "DATABASE_URL": database.url("oneai_app"),
                "DATABASE_POOL_SIZE": "8",
                "SITE_URL": "https://oneai.example",
                "SITE_NAME": "OneAI",
                "API_URL": "https://api.oneai.example/api",
                "OPERATOR_EMAIL": OPERATOR,
                "MAIL_PER_SECOND": "1000",
            }.items():
                environment.setenv(name, value)
            settings.reset_cache()
            yield Office(address, database, browser)
            await db.close()
            ses.reset_cache()
    settings.reset_cache()
