"""The mail of a stack, as its people read it."""

import re
from typing import Any

import httpx

from tests.patience import PATIENCE, eventually


async def link(stack_url: str, to: str, pattern: str = r"/auth/v1/verify\?\S+") -> str:
    """The address that matches `pattern` in the newest mail to `to` that has one, as soon as it is there."""

    async def look() -> str | None:
        for mail in await _mails(stack_url, to):
            if found := re.search(rf"http\S*{pattern}", mail["text"]):
                return found[0]
        return None

    address = await eventually(look)
    assert address is not None
    return address


async def code(stack_url: str, to: str) -> str:
    """The code of six digits in the newest mail to `to` that has one, as soon as it is there."""

    async def look() -> str | None:
        for mail in await _mails(stack_url, to):
            if found := re.search(r"code: (\d{6})\b", mail["text"]):
                return found[1]
        return None

    found = await eventually(look)
    assert found is not None
    return found


async def subjects(stack_url: str, to: str) -> list[str]:
    """What the mails to `to` are about, the newest first."""
    return [str(mail["subject"]) for mail in await _mails(stack_url, to)]


async def _mails(stack_url: str, to: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=stack_url, timeout=PATIENCE) as client:
        items = (await client.get("/local/outbox/", headers={"accept": "application/json"})).json()["items"]
    return [mail for mail in items if mail["to"] == to]
