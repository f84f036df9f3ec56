"""Admins and support of browser tests, and a database that says what no page lets anyone do."""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from local import environment
from local.postgres_server import SUPERUSER, running_url
from tests.local.running import Stack
from tests.web.people import User

# The width in pixels from which the side bar stands beside the page.
SIDE_BAR = 768
ROLL_UP: LiteralString = "select oneai.roll_up_usage(1000), oneai.roll_up_users(1000), oneai.roll_up_revenue(1000)"
_SPENT: LiteralString = (
    "update oneai.usage_quotas set used = 100 where workspace_id = %s and quota_key = 'small_messages'"
)


def rows(stack: Stack, query: LiteralString, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What a statement returns, in the stack's database and as its superuser."""
    url = running_url(stack.data / "postgres", environment.DATABASE, SUPERUSER)
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query, params)
        return cursor.fetchall() if cursor.description else []


def give_role(stack: Stack, user: User, role: str) -> User:
    """Makes a user an admin, or a member of support."""
    rows(stack, "insert into oneai.admins (user_id, role) values (%s, %s)", [user.id, role])
    return user


async def report_chatbot(user: User, message: str) -> dict[str, Any]:
    """Publishes a chatbot of the user and reports it as a visitor; the chatbot."""
    new = {"name": "Tea guide", "model": "openai/gpt-4.1-mini", "knowledge": {"mode": "general"}}
    async with user.client() as client:
        made: dict[str, Any] = (await client.post("/api/chatbots", json=new)).raise_for_status().json()
        (await client.post(f"/api/chatbots/{made['id']}/publish")).raise_for_status()
        report = {"reason": "order", "message": message}
        (await client.post(f"/api/widget/{made['public_id']}/reports", json=report)).raise_for_status()
    return made


async def be_refused(stack: Stack, user: User) -> str:
    """Has a user ask when nothing of their quota is left; the id of the request, once its refusal is recorded."""
    async with user.client() as client:
        (await client.get("/api/quota/status")).raise_for_status()  # their quotas are there from now on
        rows(stack, _SPENT, [user.id])
        refused = await client.post("/api/chat/stream", json={"message": "Hello", "model": "local/echo"})
    assert refused.json()["error"]["code"] == "quota_exceeded"
    return str(refused.json()["request_id"])
