"""Answers that credits pay: which source is chosen, what is held, and what is charged."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.credits.account import Credits
from tests.credits.test_ledger import problems
from tests.database.conftest import TurnClients
from tests.database.turns import USAGE, TurnClient, code, quota, refusal, set_quota, spend
from tests.world import Database

# "Hello" holds 203 micro-dollars of cost, so three times as much of credits.
HELD = 609
NO_PLAN: dict[str, Any] = {"refusal": "model_not_in_plan"}


def costs(micro_usd: int) -> dict[str, Any]:
    """The usage of an answer that cost this."""
    return {**USAGE, "cost_micro_usd": micro_usd}


def with_credits(database: Database, workspace: UUID, amount: int = 1_000_000, order: str | None = None) -> Credits:
    """The workspace with these credits, and its sources in this order."""
    account = Credits(database, workspace)
    account.grant(amount)
    if order:
        set_order(database, workspace, order)
    return account


def set_order(database: Database, workspace: UUID, order: str) -> None:
    """The sources of the workspace's answers."""
    database.rows("update oneai.workspaces set payment_sources = %s where id = %s", order, workspace)


def paid_by(turn: Any) -> str:
    """The source that was chosen for the first answer."""
    return str(turn.result["reservations"][0]["paid_by"])


def event(database: Database, message_id: UUID) -> tuple[str, int, int, int]:
    """Of the answer: what paid, units, cost, and credits."""
    (row,) = database.rows(
        "select paid_by, charged, cost_micro_usd, credits_micro_usd from oneai.usage_events "
        "where message_id = %s and purpose = 'answer'",
        message_id,
    )
    return (str(row[0]), *row[1:])


async def test_the_plan_pays_first_and_credits_what_it_lacks(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha)
    set_quota(database, asha, left=1)

    first = await client.admit(asha)
    await client.settle(first.message_id)
    second = await client.admit(asha)

    assert (paid_by(first), paid_by(second)) == ("plan", "credits")
    assert second.result["reservations"][0]["quota"] is None
    assert account.balance() == (1_000_000, 0, 0, HELD)
    assert quota(database, asha)[1] == 0
    await client.settle(second.message_id, usage=costs(150))
    assert account.balance() == (1_000_000 - 450, 0, 0, 0)
    assert event(database, first.message_id) == ("plan", 1, 19, 0)
    assert event(database, second.message_id) == ("credits", 0, 150, 450)
    assert problems(database) == []


@pytest.mark.parametrize(
    ("order", "has_credits", "has_units", "expected"),
    [
        ("plan,credits", True, True, "plan"),
        ("plan,credits", True, False, "credits"),
        ("plan,credits", False, True, "plan"),
        ("plan,credits", False, False, "quota_exceeded"),
        ("credits,plan", True, True, "credits"),
        ("credits,plan", False, True, "plan"),
        ("credits,plan", False, False, "quota_exceeded"),
        ("credits", True, True, "credits"),
        ("credits", False, True, "credits_exhausted"),
        ("plan", True, False, "quota_exceeded"),
        ("plan", True, True, "plan"),
    ],
)
async def test_the_order_of_sources_decides_what_pays(
    database: Database, client: TurnClient, asha: UUID, *, order: str, has_credits: bool, has_units: bool, expected: str
) -> None:
    with_credits(database, asha, 1_000_000 if has_credits else 100, order)
    set_quota(database, asha, left=5 if has_units else 0)

    if expected in ("plan", "credits"):
        assert paid_by(await client.admit(asha)) == expected
    else:
        assert (await refusal(client.admit(asha))).code == expected
        assert database.one("select count(*) from oneai.credit_holds") == 0


async def test_credits_pay_for_a_model_above_the_plan(database: Database, client: TurnClient, asha: UUID) -> None:
    assert (await refusal(client.admit(asha, **NO_PLAN))).code == "model_not_in_plan"
    account = with_credits(database, asha, HELD)

    turn = await client.admit(asha, **NO_PLAN)
    assert paid_by(turn) == "credits"
    # What is left is less than an answer. Only credits could pay it.
    await client.settle(turn.message_id, usage=costs(100))
    refused = await refusal(client.admit(asha, **NO_PLAN))

    assert (refused.code, refused.sqlstate) == ("credits_exhausted", "ON402")
    assert refused.detail == {"available_micro_usd": HELD - 300, "needed_micro_usd": HELD}
    assert account.balance() == (HELD - 300, 0, 0, 0)


async def test_a_model_without_a_known_price_is_not_sold_for_credits(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    with_credits(database, asha, order="credits,plan")
    unknown = {"refusal": "not_sold_for_credits"}

    assert paid_by(await client.admit(asha, credit_terms=unknown)) == "plan"
    refused = await refusal(client.admit(asha, credit_terms=unknown, **NO_PLAN))

    assert (refused.code, refused.sqlstate) == ("not_sold_for_credits", "ON403")


async def test_an_answer_of_a_free_model_costs_the_least_that_is_sold(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha, prompt_micro_usd_per_token="0", completion_micro_usd_per_token="0")

    await client.settle(turn.message_id, usage=costs(0))

    assert account.balance() == (999_800, 0, 0, 0)
    assert event(database, turn.message_id) == ("credits", 0, 0, 200)


async def test_what_credits_pay_is_not_part_of_the_plans_day(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    with_credits(database, asha)
    # The day's share is 100 micro-dollars. The first answer may take more.
    first = await client.admit(asha, daily_ceiling_micro_usd=100)
    second = await client.admit(asha, daily_ceiling_micro_usd=100)
    # The operator's limit of what plans cost is spent too.
    third = await client.admit(asha, spend_limit=1)

    assert [paid_by(each) for each in (first, second, third)] == ["plan", "credits", "credits"]
    assert spend(database) == (203, 0)
    for turn in (second, third):
        await client.settle(turn.message_id, usage=costs(40))
    assert database.one(
        "select sum(held_micro_usd)::int, sum(settled_micro_usd)::int from oneai.credit_daily_spend"
    ) == (
        0,
        80,
    )
    assert spend(database) == (203, 0)


async def test_credits_have_a_limit_of_the_day_of_their_own(database: Database, client: TurnClient, asha: UUID) -> None:
    with_credits(database, asha, order="credits")
    turn = await client.admit(asha, credit_limit=203)
    assert turn.result["credit_percent"] == 0
    refused = await refusal(client.admit(asha, credit_limit=203))
    assert (refused.code, refused.sqlstate, refused.detail["source"]) == ("service_paused", "ON503", "credits")
    assert (await client.admit(asha, credit_limit=400)).result["credit_percent"] == 50

    set_order(database, asha, "credits,plan")

    assert paid_by(await client.admit(asha, credit_limit=203)) == "plan"


async def test_a_thousand_answers_at_once_with_money_for_ten_take_ten(
    database: Database, clients: TurnClients, asha: UUID
) -> None:
    account = with_credits(database, asha, HELD * 10 + HELD // 2, "credits")
    connections = await clients(20)

    async def ask(client: TurnClient) -> Counter[str]:
        asked = [(await asyncio.gather(client.admit(asha), return_exceptions=True))[0] for _ in range(50)]
        return Counter(map(code, asked))

    outcomes = sum(await asyncio.gather(*map(ask, connections)), Counter[str]())

    assert outcomes == {"new": 10, "credits_exhausted": 990}
    assert account.balance() == (HELD * 10 + HELD // 2, 0, 0, HELD * 10)
    assert account.available() == HELD // 2
    assert problems(database) == []


async def test_an_answer_is_charged_once_however_often_it_is_settled(
    database: Database, client: TurnClient, clients: TurnClients, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha)
    await asyncio.gather(*(each.settle(turn.message_id, usage=costs(100)) for each in await clients(4)))
    await client.settle(turn.message_id, usage=costs(100))

    assert account.balance() == (999_700, 0, 0, 0)
    assert [kind for kind, *_ in account.movements()] == ["purchase", "use"]


async def test_an_answer_whose_process_died_is_charged_what_can_be_proved(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    written, silent = await client.admit(asha), await client.admit(asha)
    await client.checkpoint(written.message_id, ("text", 0, "x" * 30), generation="gen-1")
    database.rows("update oneai.reservations set held_until = oneai.now()")

    for turn in (written, silent):
        assert await client.expire_answer(turn.message_id)

    # 3 for the prompt and 2 for each of ten tokens.
    assert event(database, written.message_id) == ("credits", 0, 23, 200)
    assert event(database, silent.message_id) == ("credits", 0, 0, 0)
    assert account.balance() == (999_800, 0, 0, 0)
    # The process comes back, and says what it cost.
    await client.settle(written.message_id, "x" * 60, usage=costs(120))
    assert account.balance() == (1_000_000 - 360, 0, 0, 0)
    assert problems(database) == []


async def test_a_deleted_answer_is_charged(database: Database, client: TurnClient, asha: UUID) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha)
    database.rows("delete from oneai.conversations where id = %s", turn.conversation_id)

    await client.settle(turn.message_id, usage=costs(100))

    assert account.balance() == (999_700, 0, 0, 0)


async def test_an_answer_is_settled_after_the_end_of_what_it_holds(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = Credits(database, asha)
    account.grant(HELD, days=1)
    set_order(database, asha, "credits")
    turn = await client.admit(asha)
    database.rows("update oneai.credit_grants set expires_at = oneai.now()")

    await client.settle(turn.message_id, usage=costs(100))

    assert event(database, turn.message_id) == ("credits", 0, 100, 300)
    assert [(kind, amount) for kind, amount, _ in account.movements()] == [
        ("purchase", HELD),
        ("use", -300),
        ("expiry", 300 - HELD),
    ]


async def test_a_failed_answer_is_not_charged(database: Database, client: TurnClient, asha: UUID) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha)

    await client.settle(turn.message_id, "", "failed", usage=costs(50))

    assert account.balance() == (1_000_000, 0, 0, 0)
    assert event(database, turn.message_id) == ("credits", 0, 50, 0)
    # It counts as one of the ten free answers of an hour.
    assert database.one("select count(*) from oneai.reservations where uncharged_cost_at is not null") == 1


async def test_the_markup_of_the_admission_holds_when_it_changes_in_mid_answer(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha)
    database.rows("insert into oneai.credit_prices (pattern, markup_percent) values ('*', 1000)")

    await client.settle(turn.message_id, usage=costs(100))

    assert account.balance() == (999_700, 0, 0, 0)
    later = await client.admit(asha)
    assert later.result["reservations"][0]["held_micro_usd"] == 2_030


async def test_the_dearest_markup_is_held_and_that_of_the_answering_model_charged(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    database.rows("insert into oneai.credit_prices (pattern, markup_percent) values ('maker/dear', 1000)")
    account = with_credits(database, asha, order="credits")
    both = {"models": ("maker/small", "maker/dear")}
    first, second = [await client.admit(asha, credit_terms=both) for _ in range(2)]
    assert first.result["reservations"][0]["held_micro_usd"] == 2_030

    await client.settle(first.message_id, usage=costs(100))
    await client.settle(second.message_id, usage=costs(100), model="maker/dear")

    assert account.balance() == (1_000_000 - 300 - 1_000, 0, 0, 0)


async def test_an_agreed_price_holds_for_its_workspace(
    database: Database, client: TurnClient, asha: UUID, ravi: UUID
) -> None:
    database.rows(
        "insert into oneai.credit_prices (workspace_id, pattern, markup_percent) values (%s, 'maker/*', 150)", asha
    )
    for user, held in ((asha, 305), (ravi, HELD)):
        with_credits(database, user, order="credits")
        turn = await client.admit(user)
        assert turn.result["reservations"][0]["held_micro_usd"] == held


async def test_a_correction_of_the_cost_changes_what_was_charged(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    account = with_credits(database, asha, order="credits")
    estimate = {**costs(100), "estimated": True}

    async def corrected(cost: int) -> int:
        turn = await client.admit(asha)
        await client.settle(turn.message_id, usage=estimate)
        before = account.available()
        statistics = psycopg.types.json.Jsonb({"usage": costs(cost)})
        database.rows("select oneai.correct_usage(%s, %s)", turn.message_id, statistics)
        charges = database.one(
            "select sum(credits_micro_usd)::int from oneai.usage_events where message_id = %s", turn.message_id
        )
        assert charges == 300 + before - account.available()
        return int(charges)

    assert [await corrected(cost) for cost in (150, 80, 10, 100)] == [450, 240, 200, 300]
    assert problems(database) == []


async def test_answers_of_a_comparison_may_have_different_sources(
    database: Database, client: TurnClient, asha: UUID
) -> None:
    with_credits(database, asha)
    set_quota(database, asha, left=1)

    turn = await client.admit(asha, others=[uuid4(), uuid4()])

    assert [each["paid_by"] for each in turn.result["reservations"]] == ["plan", "credits", "credits"]


async def test_lost_holds_are_given_back(database: Database, owner: TurnClient, client: TurnClient, asha: UUID) -> None:
    account = with_credits(database, asha, order="credits")
    turn = await client.admit(asha)
    account.hold(700)
    database.rows("update oneai.credit_holds set held_at = oneai.now() - interval '1 hour'")

    assert await client.call("select oneai.release_lost_holds(10)") == 1

    # That of the open answer stays.
    assert account.balance() == (1_000_000, 0, 0, HELD)
    await client.settle(turn.message_id, usage=costs(100))
    assert account.balance() == (999_700, 0, 0, 0)
