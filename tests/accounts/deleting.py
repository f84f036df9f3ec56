"""Requests and restores a deletion, and lets the grace period pass, for tests of deleting an account."""

from typing import Any

import httpx

from oneai import accounts
from tests.world import World

GRACE_DAYS = 14
DAY = 24 * 3600


async def delete_user(world: World, who: str = "asha", *, confirm: Any = None, **query: Any) -> httpx.Response:
    """`DELETE /user`, confirmed with the user's own address unless said otherwise."""
    body = {"confirm": f"{who}@example.com" if confirm is None else confirm}
    return await world.http.request("DELETE", "/user", json=body, params=query, headers=world.headers(who))


async def request_deletion(world: World, who: str = "asha") -> str:
    """When the account will be deleted."""
    answer = await delete_user(world, who)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["deletes_at"])


async def end_of_grace(world: World) -> dict[str, int]:
    """Lets the days of grace pass, and runs the job."""
    world.database.advance(GRACE_DAYS * DAY)
    return await accounts.delete_due_accounts(600)


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
