"""A month's messages are used up: refused with the time, mailed once, reset by the schedule, and usable again."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.journeys.running_stack import RunningStack
from tests.patience import PATIENCE
from tests.usage.events import insert_event

KEY = "small_messages"


async def mail_to(stack: RunningStack, who: str) -> list[dict[str, Any]]:
    """The mails of `who`, oldest first."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        items = (await browser.get(f"{stack.address}/local/outbox/")).json()["items"]
    return [each for each in reversed(items) if each["to"] == f"{who}@example.com"]


async def look(stack: RunningStack, who: str) -> httpx.Response:
    """Whether another message would be granted."""
    return await stack.post("/quota/check", {"quota_key": KEY}, who)


def use_up(stack: RunningStack, who: str) -> None:
    """A month's messages, the last of them just now."""
    user = stack.people[who]
    stack.database.rows(
        "update oneai.usage_quotas set used = quota_limit where workspace_id = %s and quota_key = %s", user, KEY
    )
    insert_event(stack.database, user, stack.database.one("select oneai.now()"))


@pytest.mark.exhaustive
async def test_a_used_up_quota_refuses_mails_once_and_resets(stack: RunningStack) -> None:
    asha, ravi = stack.newcomer(), stack.newcomer()
    changed = await stack.http.patch("/user/preferences", json={"language": "hi"}, headers=stack.headers(asha))
    assert changed.status_code == 200
    await stack.run("send_mail")
    assert [mail["subject"] for mail in await mail_to(stack, asha)] == ["OneAI में आपका स्वागत है"]
    assert (await look(stack, asha)).status_code == 200

    use_up(stack, asha)
    refused = await look(stack, asha)
    assert refused.status_code == 429
    resets_at = datetime.fromisoformat(refused.json()["error"]["resets_at"])
    now: datetime = stack.database.one("select oneai.now()")
    assert (resets_at.day, resets_at.hour, resets_at.minute) == (1, 0, 0)
    assert now < resets_at < now + timedelta(days=32)

    for _ in range(2):
        assert (await stack.run("notify"))["status"] == "succeeded"
        assert (await stack.run("send_mail"))["status"] == "succeeded"
    (_, warning) = await mail_to(stack, asha)
    assert warning["subject"] == "आपका कोटा पूरा हो गया: छोटे मॉडलों के जवाब"
    assert "1 " in warning["text"]
    assert len(await mail_to(stack, ravi)) == 1

    await stack.advance((resets_at - now).total_seconds() + 60)
    # By the schedule, before any request.
    assert stack.quota(asha) == (0, 0)
    assert (await look(stack, asha)).status_code == 200
    for _ in range(2):
        await stack.run("notify")
        await stack.run("send_mail")
    assert [mail for mail in await mail_to(stack, asha) if "कोटा" in mail["subject"]] == [warning]

    # One click in a mail, without signing in, and the next month's warning is not sent.
    async with httpx.AsyncClient(timeout=PATIENCE) as stranger:
        ended = await stranger.post(warning["unsubscribe"])
    assert ended.json() == {"unsubscribed": "quota"}
    use_up(stack, asha)
    assert (await stack.run("notify"))["output"]["warnings"] == 1
    assert (await stack.run("send_mail"))["output"]["sent"] == 0
    assert len([mail for mail in await mail_to(stack, asha) if "कोटा" in mail["subject"]]) == 1
