"""A month's messages are used up: refused with the time, mailed once, reset by the schedule, and free to go on."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.journeys.town import Town
from tests.patience import PATIENCE
from tests.usage.events import used

KEY = "small_messages"


async def mail_to(town: Town, who: str) -> list[dict[str, Any]]:
    """What `who` was mailed, oldest first."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        items = (await browser.get(f"{town.address}/local/outbox/")).json()["items"]
    return [each for each in reversed(items) if each["to"] == f"{who}@example.com"]


async def look(town: Town, who: str) -> httpx.Response:
    """Whether another message would be granted."""
    return await town.post("/quota/check", {"quota_key": KEY}, who)


def use_up(town: Town, who: str) -> None:
    """A month's messages, the last of them just now."""
    person = town.people[who]
    town.database.rows(
        "update oneai.usage_quotas set used = quota_limit where user_id = %s and quota_key = %s", person, KEY
    )
    used(town.database, person, town.database.one("select oneai.now()"))


async def test_used_up_refused_mailed_once_reset_and_free_again(town: Town) -> None:
    asha, ravi = town.newcomer(), town.newcomer()
    changed = await town.http.patch("/user/preferences", json={"language": "hi"}, headers=town.headers(asha))
    assert changed.status_code == 200
    await town.run("send_mail")
    assert [mail["subject"] for mail in await mail_to(town, asha)] == ["OneAI में आपका स्वागत है"]
    assert (await look(town, asha)).status_code == 200

    use_up(town, asha)
    refused = await look(town, asha)
    assert refused.status_code == 429
    resets_at = datetime.fromisoformat(refused.json()["error"]["resets_at"])
    now: datetime = town.database.one("select oneai.now()")
    assert (resets_at.day, resets_at.hour, resets_at.minute) == (1, 0, 0)
    assert now < resets_at < now + timedelta(days=32)

    for _ in range(2):
        assert (await town.run("notify"))["status"] == "succeeded"
        assert (await town.run("send_mail"))["status"] == "succeeded"
    (_, warning) = await mail_to(town, asha)
    assert warning["subject"] == "आपका कोटा पूरा हो गया: छोटे मॉडल के संदेश"
    assert "1 " in warning["text"]
    assert len(await mail_to(town, ravi)) == 1

    await town.advance((resets_at - now).total_seconds() + 60)
    # By the schedule, before anybody has looked.
    assert town.quota(asha) == (0, 0)
    assert (await look(town, asha)).status_code == 200
    for _ in range(2):
        await town.run("notify")
        await town.run("send_mail")
    assert [mail for mail in await mail_to(town, asha) if "कोटा" in mail["subject"]] == [warning]

    # One click in a letter, without signing in, and the next month's warning stays away.
    async with httpx.AsyncClient(timeout=PATIENCE) as stranger:
        ended = await stranger.post(warning["unsubscribe"])
    assert ended.json() == {"unsubscribed": "quota"}
    use_up(town, asha)
    assert (await town.run("notify"))["output"]["warnings"] == 1
    assert (await town.run("send_mail"))["output"]["sent"] == 0
    assert len([mail for mail in await mail_to(town, asha) if "कोटा" in mail["subject"]]) == 1
