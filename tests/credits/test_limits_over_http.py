"""Limits of members, API keys and chatbots, over HTTP: a refusal names the limit and who can raise it."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest

from tests.api_keys.keys import create
from tests.chatbots.made import limit as limit_chatbot
from tests.chatbots.test_previews import preview
from tests.chatbots.visitors import Website
from tests.credits.account import Credits
from tests.credits.payer import MONEY, Payer, refused
from tests.credits.test_ledger import problems
from tests.credits.test_spending_limits import limit
from tests.inbox.talks import insert_talk
from tests.workspaces.teams import insert_team
from tests.world import World

SMALL, DEAR = "openai/gpt-4.1-mini", "anthropic/claude-opus-4.5"


@pytest.mark.parametrize("kind", ["member", "chatbot"])
async def test_a_refusal_names_the_limit_and_who_raises_it(shared: World, kind: str) -> None:
    payer = Payer(shared)
    website = Website.of(shared, payer.who)
    subject = {"member": str(payer.user), "chatbot": website.chatbot}[kind]
    one = {"limit": kind, "limit_id": subject, "micro_usd_per_month": 150}
    answer = await shared.http.put("/credits/limits", json={"limits": [one]}, headers=shared.headers(payer.who))
    assert answer.status_code == 200, answer.text

    if kind == "chatbot":
        body = (await preview(website, payer.who, "Hello")).body
    else:
        body = (await shared.ask("Hello", payer.who)).body

    named = {"member": "You have", "chatbot": "This chatbot has"}[kind]
    assert body["error"]["message"] == f"{named} reached a monthly limit of credits. An admin can raise it."
    error = refused(body)
    assert error.pop("needed_micro_usd") > 150
    assert error.pop("resets_at") > "2026"
    assert error == {
        "code": "spending_limit_reached",
        "of": kind,
        "limit_id": subject,
        "limit_micro_usd": 150,
        "spent_micro_usd": 0,
        "raised_by": "admin",
    }
    assert (await payer.balance(), payer.events()) == ((MONEY, 0), [])


async def test_a_program_above_the_limit_of_its_key_does_not_retry(shared: World) -> None:
    payer = Payer(shared)
    key = await create(shared, payer.who)
    one = {"limit": "api_key", "limit_id": key["id"], "micro_usd_per_month": 150}
    await shared.http.put("/credits/limits", json={"limits": [one]}, headers=shared.headers(payer.who))

    answer = await shared.http.post(
        "/v1/chat/completions",
        json={"model": SMALL, "messages": [{"role": "user", "content": "Hello"}]},
        headers={"authorization": f"Bearer {key['secret']}"},
    )

    error = answer.json()["error"]
    assert (answer.status_code, answer.headers["x-should-retry"]) == (429, "false")
    assert error["message"] == "This API key has reached a monthly limit of credits. An admin can raise it."
    assert (error["type"], error["code"]) == ("insufficient_quota", "spending_limit_reached")
    assert (await payer.balance(), payer.events()) == ((MONEY, 0), [])


async def test_a_draft_above_the_chatbots_budget_names_it(shared: World) -> None:
    payer = Payer(shared)
    website = Website.of(shared, payer.who)
    talk = insert_talk(shared.database, website.chatbot, "Hello")
    limit_chatbot(shared.database, website.chatbot, micro_usd_per_day=100)

    answer = await shared.post(f"/inbox/conversations/{talk}/draft", None, payer.who)

    assert (answer.status_code, refused(answer)) == (
        429,
        {"code": "chatbot_spent", "period": "day", "of": "chatbot", "raised_by": "admin"},
    )
    assert await payer.balance() == (MONEY, 0)


async def test_two_members_and_visitors_reach_a_chatbots_limit_in_one_instant(shared: World) -> None:
    owner, first, second = (shared.newcomer() for _ in range(3))
    people, database = shared.people, shared.database
    team = insert_team(database, people[owner], tier="team", seats=4, member=people[first], admin=people[second])
    account = Credits(database, team)
    account.grant(MONEY)
    database.rows("update oneai.workspaces set payment_sources = 'credits' where id = %s", team)
    website = Website.of_workspace(shared, team)
    visitors = [await website.visitor() for _ in range(4)]
    await preview(website, first, "Hello")
    one: Any = database.one("select max(held_micro_usd) from oneai.credit_holds where workspace_id = %s", team)
    used = MONEY - account.available()
    # Room for three of the twelve answers at a time.
    limit(database, team, "chatbot", UUID(website.chatbot), 3 * one)

    members = [preview(website, who, "Hello") for who in (first, second) for _ in range(4)]
    asked = await asyncio.gather(*members, *(website.ask(each, "Hello") for each in visitors))

    answered = [each for each in asked if each.events]
    codes = Counter(each.code for each in asked if each.body and "error" in each.body)
    offline = [each.body["mode"] for each in asked if each.body and "mode" in each.body]
    assert len(answered) + codes["spending_limit_reached"] + len(offline) == len(asked)
    assert 3 <= len(answered) < len(asked)
    # What was charged is what the limit has counted, and never more than it allows.
    charged = MONEY - used - account.available()
    assert database.rows("select spent_micro_usd from oneai.credit_limits where workspace_id = %s", team) == [charged]
    assert 0 < charged <= 3 * one
    held = database.rows("select held_micro_usd from oneai.credit_holds where workspace_id = %s", team)
    assert len(held) == 1 + len(answered)
    assert problems(database) == []


async def test_the_dearest_of_a_model_and_its_fallbacks_is_held(shared: World) -> None:
    payer = Payer(shared)

    alone = await shared.ask("Hello", payer.who, model=SMALL, max_tokens=100)
    both = await shared.ask("Hello", payer.who, models=[SMALL, DEAR], max_tokens=100)

    assert payer.held_for(both.start["message_id"]) > 5 * payer.held_for(alone.start["message_id"])
    # The small one answered, at its own price.
    receipt = await payer.receipt(both.start)
    assert receipt["model_asked"] == SMALL
    assert receipt["charged_micro_usd"] == (await payer.receipt(alone.start))["charged_micro_usd"]


async def test_an_answer_that_streams_over_the_end_of_its_credits_is_charged_to_them(own_world: World) -> None:
    payer = Payer(own_world, "asha", money=0)
    payer.account.grant(MONEY, days=1)
    async with own_world.asking("Go on", payer.who, model="local/slow", max_tokens=500) as stream:
        while (await stream.next() or ("",))[0] != "delta":
            pass
        start = stream.result.start
        # The end comes while it is written. Nothing else can be asked then.
        own_world.database.rows("update oneai.credit_grants set expires_at = oneai.now()")
        assert (await own_world.ask("And?", payer.who)).code == "credits_exhausted"
        assert (await own_world.post("/chat/stop", {"message_id": start["message_id"]}, payer.who)).is_success
        await stream.to_the_end()

    receipt = await payer.receipt(start)
    charge = receipt["charged_micro_usd"]
    assert charge > 0
    moved = (await payer.get("/credits/transactions"))["items"]
    assert [(each["kind"], each["amount_micro_usd"]) for each in moved if each["kind"] == "use"] == [("use", -charge)]
    assert sum(each["amount_micro_usd"] for each in moved) == 0
    assert (await payer.balance(), problems(own_world.database)) == ((0, 0), [])
