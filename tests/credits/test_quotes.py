"""A quote says which source would pay a question, and what it would hold: the same as asking it."""

from typing import Any

import pytest

from tests.credits.payer import MONEY, Payer
from tests.documents.library import insert, insert_chunks
from tests.world import World

SMALL, LARGE, DEAR = "openai/gpt-4.1-mini", "openai/gpt-4.1", "anthropic/claude-opus-4.5"


async def quoted(payer: Payer, **fields: Any) -> dict[str, Any]:
    """`POST /api/quota/quote` of a question, or of these fields alone for a document."""
    body = fields if "document_id" in fields else {"message": "Hello", **fields}
    answer = await payer.world.post("/quota/quote", body, payer.who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def sources(quote: dict[str, Any]) -> list[tuple[str, bool]]:
    """Of each answer: what would pay it, and whether credits are held for it."""
    return [(each["paid_by"], each["credits_micro_usd"] > 0) for each in quote["basis"]]


@pytest.mark.parametrize(
    ("fields", "left", "order"),
    [
        ({"model": SMALL}, 0, "plan,credits"),
        ({"model": SMALL}, 1, "plan,credits"),
        ({"model": SMALL}, 1, "credits,plan"),
        ({"model": DEAR}, 1, "plan,credits"),
        ({"compare": [SMALL, "local/echo", DEAR]}, 1, "plan,credits"),
        ({"compare": [DEAR, SMALL]}, 1, "plan,credits"),
        ({"model": SMALL, "web_search": True, "max_tokens": 700}, 1, "credits"),
    ],
)
async def test_a_quote_is_what_the_question_holds(shared: World, fields: dict[str, Any], left: int, order: str) -> None:
    payer = Payer(shared, order=order)
    payer.without_units(left=left)

    quote = await quoted(payer, **fields)

    assert (quote["allowed"], quote["of"], await payer.balance()) == (True, None, (MONEY, 0))
    asked = await shared.ask("Hello", payer.who, **fields)
    ids = asked.start.get("message_ids") or [asked.start["message_id"]]
    held = [(await payer.receipt(asked.start, each))["paid_by"]["source"] for each in ids]
    assert [each["paid_by"] for each in quote["basis"]] == held
    in_credits = [payer.held_for(each) if by == "credits" else 0 for each, by in zip(ids, held, strict=True)]
    assert ([each["credits_micro_usd"] for each in quote["basis"]], quote["credits_micro_usd"]) == (
        in_credits,
        sum(in_credits),
    )
    assert sum(line["units"] for line in quote["lines"]) == held.count("plan")


async def test_a_quote_says_what_is_missing(shared: World) -> None:
    payer = Payer(shared, money=100, order="plan,credits")
    payer.without_units()

    # Waiting helps against the plan's refusal, which asking would raise.
    assert (await quoted(payer, model=SMALL))["of"] == "workspace"
    above = await quoted(payer, model=DEAR)
    assert (above["allowed"], above["of"], above["lines"], sources(above)) == (
        False,
        "credits",
        [],
        [("credits", True)],
    )
    payer.order("credits")
    assert (await quoted(payer, model=SMALL))["of"] == "credits"

    rich = Payer(shared)
    hold = (await quoted(rich, model=SMALL))["credits_micro_usd"]
    shared.database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, %s, oneai.credit_month(%s, oneai.now()))",
        *(rich.user, rich.user, hold - 1, rich.user),
    )
    refused = await quoted(rich, model=SMALL)
    assert (refused["allowed"], refused["of"]) == (False, "spending_limit")
    shared.database.rows(
        "update oneai.credit_limits set micro_usd_per_month = %s where workspace_id = %s", hold, rich.user
    )
    assert (await quoted(rich, model=SMALL))["allowed"] is True


async def test_without_credits_a_model_above_the_plan_is_refused(shared: World) -> None:
    payer = Payer(shared, money=0, order="plan,credits")

    answer = await shared.post("/quota/quote", {"message": "Hello", "model": DEAR}, payer.who)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "model_not_in_plan")


async def test_a_quote_of_a_summary_counts_every_part_in_credits(shared: World) -> None:
    payer = Payer(shared)
    document = insert(shared, payer.who)
    insert_chunks(shared, payer.who, document, "One.", "Two.", "Three.")
    shared.database.rows("update oneai.document_chunks set tokens = 80000 where document_id = %s", document)

    quote = await quoted(payer, document_id=document, summary=True, model=DEAR)
    assert (await shared.post(f"/documents/{document}/summary", {"model": DEAR}, payer.who)).status_code == 202

    assert (await payer.balance())[1] == quote["credits_micro_usd"]
    # Three parts of 1,500 tokens, at 25 micro-dollars each, three times.
    assert (quote["basis"][0]["answer_tokens"], quote["lines"]) == (4_500, [])


async def test_a_quote_of_many_requests_is_paid_by_both_sources(shared: World) -> None:
    payer = Payer(shared, order="plan,credits")
    payer.without_units(left=3)

    lines, held = shared.database.one(
        "select q.quote -> 'lines', (q.quote ->> 'credits_micro_usd')::int from oneai.workspaces as w, lateral ("
        "select oneai.quote_uses(w, w.id, null, array[row('m', '1', '{plan,credits}', 10, 1, "
        """'{"cost": 5, "prompt_tokens": 1, "answer_tokens": 1, "searches": 0, "search_cost": 0, """
        """"lines": [{"quota_key": "small_messages", "held": 1}]}', """
        """'{"cost": 5, "prompt_tokens": 1, "answer_tokens": 1, "searches": 0, "search_cost": 0}', """
        "15, null, null, null)::oneai.quoted_use], null) as quote) as q where w.id = %s",
        payer.user,
    )

    assert (lines, held) == ([{"quota_key": "small_messages", "units": 3}], 7 * 15)
