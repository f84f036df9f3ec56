"""Answers that credits pay, over HTTP: each way to ask holds before, charges what it cost, and gives back the rest."""

import asyncio
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from oneai import settings
from oneai.chat.turn import answer
from tests.credits.payer import MONEY, Payer, kinds, price, refused
from tests.openai_api.test_chat_completions import asking, chunks_of
from tests.talks import conversation
from tests.world import World

SMALL, LARGE, DEAR = "openai/gpt-4.1-mini", "openai/gpt-4.1", "anthropic/claude-opus-4.5"
# It reads 4,096 tokens.
SHORT = "gryphe/mythomax-l2-13b"
DRAWS = "google/gemini-2.5-flash-image"
FERRY = "When does the last ferry to the island leave on Fridays?"


@pytest.fixture
def titled(shared: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Titles and summaries are written after answers."""
    for name in ("AUTO_TITLES", "AUTO_SUMMARIES"):
        monkeypatch.setenv(name, "true")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


async def over() -> None:
    """Waits until no answer has anything left to do."""
    if tasks := [each.task for each in answer.running.values() if each.task]:
        await asyncio.wait(tasks)


async def test_an_answer_holds_its_highest_price_and_gives_back_what_it_did_not_cost(shared: World) -> None:
    payer = Payer(shared)
    async with shared.asking("Tell me more", payer.who, model=SMALL, max_tokens=500) as stream:
        await stream.next()
        start = stream.result.start
        held = payer.held_for(start["message_id"])
        assert await payer.balance() == (MONEY - held, held)
        result = await stream.to_the_end()

    usage = result.last["usage"]
    receipt = await payer.receipt(start)
    charge = payer.require_paid(receipt, held=held)
    report = await payer.get("/user/usage", group_by="model")
    for sums in (report["totals"], report["items"][0]):
        assert (sums["cost_micro_usd"], sums["credits_micro_usd"]) == (receipt["cost_micro_usd"], charge)
    assert {name: usage[name] for name in ("paid_by", "charged_micro_usd", "cost_micro_usd")} == {
        name: receipt[name] for name in ("paid_by", "charged_micro_usd", "cost_micro_usd")
    }
    assert result.last["quota"] is None
    assert (await payer.charged(), shared.quota(payer.who)) == (charge, (0, 0))
    (line,) = (await payer.get("/credits/transactions"))["items"][:1]
    assert (line["kind"], line["amount_micro_usd"], line["message_id"]) == ("use", -charge, start["message_id"])
    assert (await payer.get("/credits/usage", group_by="model"))["charged_micro_usd"] == charge
    # Sent again it is neither asked nor charged a second time, and a resumed stream says the same.
    again = await shared.resume(start["message_id"], 0, payer.who)
    assert again.last["usage"]["paid_by"] == receipt["paid_by"]
    _, answered = (await payer.get(f"/conversations/{start['conversation_id']}/messages"))["items"]
    assert answered["usage"]["paid_by"] == receipt["paid_by"]
    assert await payer.charged() == charge


async def test_a_stopped_answer_is_charged_what_it_had_cost(shared: World) -> None:
    payer = Payer(shared)
    async with shared.asking("Go on", payer.who, model="local/slow") as stream:
        while (await stream.next() or ("",))[0] != "delta":
            pass
        start = stream.result.start
        assert (await shared.post("/chat/stop", {"message_id": start["message_id"]}, payer.who)).is_success
        result = await stream.to_the_end()

    receipt = await payer.receipt(start)
    assert (result.last["state"], receipt["outcome"]) == ("stopped", "stopped")
    assert receipt["charged_micro_usd"] == price(receipt["cost_micro_usd"]) == await payer.charged()


async def test_an_answer_that_failed_costs_no_credits(shared: World) -> None:
    payer = Payer(shared)

    result = await shared.ask("Hello", payer.who, model="local/error-403-moderation")

    assert result.names[-1] == "error"
    receipt = await payer.receipt(result.start)
    assert (receipt["charged_micro_usd"], receipt["paid_by"]["micro_usd"]) == (0, 0)
    assert (await payer.charged(), await payer.balance()) == (0, (MONEY, 0))


async def test_answers_of_a_comparison_are_paid_by_different_sources(shared: World) -> None:
    payer = Payer(shared, order="plan,credits")
    payer.without_units(left=1)

    # The plan has one small answer left, and no model of the dearest kind.
    result = await shared.ask("Which is best?", payer.who, compare=[SMALL, "local/echo", DEAR])

    ids = result.start["message_ids"]
    first, second, dear = [await payer.receipt(result.start, each) for each in ids]
    assert (first["paid_by"], first["charged"]) == ({"source": "plan", "units": 1, "micro_usd": None}, 1)
    assert first["charged_micro_usd"] == first["cost_micro_usd"] > 0
    charges = [
        payer.require_paid(receipt, held=payer.held_for(each))
        for receipt, each in zip((second, dear), ids[1:], strict=True)
    ]
    assert await payer.charged() == sum(charges)


async def test_a_comparison_that_credits_do_not_cover_holds_nothing(shared: World) -> None:
    payer = Payer(shared, money=60_000)
    result = await shared.ask("Which?", payer.who, compare=[SMALL, DEAR, LARGE], max_tokens=2_000)

    assert (result.status, result.code) == (402, "credits_exhausted")
    assert (await payer.balance(), payer.events()) == ((60_000, 0), [])


async def test_an_image_is_held_and_charged_in_credits(shared: World) -> None:
    payer = Payer(shared)

    result = await shared.ask("Draw a monsoon", payer.who, model=DRAWS)

    receipt = await payer.receipt(result.start)
    charge = payer.require_paid(receipt, held=payer.held_for(result.start["message_id"]))
    assert await payer.charged() == charge
    assert shared.quota(payer.who, "image_generation") == (0, 0)


async def test_a_search_of_the_web_is_held_with_its_answer_and_charged_if_it_is_made(shared: World) -> None:
    payer = Payer(shared)

    result = await shared.ask(FERRY, payer.who, model=SMALL, web_search=True)
    without = await shared.ask("Qwertz?", payer.who, model=SMALL, web_search=True)

    receipt, other = await payer.receipt(result.start), await payer.receipt(without.start)
    held = payer.held_for(result.start["message_id"])
    charge = payer.require_paid(receipt, held=held)
    assert (receipt["web_search_requests"], receipt["web_search_micro_usd"]) == (1, 7_000)
    assert charge > price(7_000)
    assert other["charged_micro_usd"] < price(7_000) < payer.held_for(without.start["message_id"])
    assert await payer.charged() == charge + other["charged_micro_usd"]
    assert shared.quota(payer.who, "web_searches") == (0, 0)


@pytest.mark.usefixtures("titled")
async def test_a_title_is_paid_by_the_source_of_its_answer(shared: World) -> None:
    payer, other = Payer(shared), Payer(shared, order="plan")

    results = [await shared.ask("How do I cook rice in a small pot?", each.who, model=SMALL) for each in (payer, other)]
    await over()

    (_, _, _, cost, charge), (_, source, units, title_cost, title_charge) = payer.events("answer", "title")
    assert (source, units) == ("credits", 0)
    # One minimum is charged for both, and the parts sum to the price of the whole.
    assert charge + title_charge == price(cost, title_cost) == await payer.charged()
    assert (await payer.receipt(results[0].start))["charged_micro_usd"] == charge
    titled = (await payer.get(f"/conversations/{results[0].start['conversation_id']}"))["title"]
    assert titled.endswith("…")
    assert [event[1] for event in other.events("answer", "title")] == ["plan", "plan"]
    assert await other.charged() == 0


@pytest.mark.usefixtures("titled")
async def test_a_summary_is_paid_by_the_source_of_its_answer(shared: World) -> None:
    payer = Payer(shared)
    talk = conversation(shared, payer.who, 48, " some words that are said" * 40)

    await shared.ask("Go on", payer.who, conversation_id=talk, model=SHORT)
    await over()

    events = payer.events()
    assert [(purpose, source) for purpose, source, *_ in events] == [
        (purpose, "credits") for purpose in ("answer", "title", "conversation_summary")
    ]
    costs, charges = [each[3] for each in events], [each[4] for each in events]
    assert sum(charges) == price(*costs) == await payer.charged()


@pytest.mark.usefixtures("titled")
async def test_the_last_credits_buy_an_answer_without_what_would_follow_it(shared: World) -> None:
    long = " some words that are said" * 40

    async def ask(payer: Payer) -> str:
        talk = conversation(shared, payer.who, 48, long)
        asked = await shared.ask("Go on", payer.who, conversation_id=talk, model=SHORT)
        await over()
        return str(asked.start["message_id"])

    rich = Payer(shared)
    held = rich.held_for(await ask(rich))
    poor = Payer(shared, money=held)

    await ask(poor)

    # Nor does the plan or the operator pay a title or a summary.
    assert [each[:2] for each in poor.events()] == [("answer", "credits")]
    assert 0 < await poor.charged() <= held


async def test_a_question_that_only_credits_could_pay_is_refused_with_alternatives(shared: World) -> None:
    payer = Payer(shared, money=300, order="plan,credits")

    result = await shared.ask("Hello", payer.who, model=DEAR)

    error = refused(result.body)
    needed = error.pop("needed_micro_usd")
    assert (result.status, needed > 300) == (402, True)
    assert "retry-after" not in result.headers
    assert error == {
        "code": "credits_exhausted",
        "available_micro_usd": 300,
        "alternatives": [
            {"kind": "credits"},
            {"kind": "model", "model": error["alternatives"][1]["model"], "quota_key": "small_messages"},
        ],
    }
    named = error["alternatives"][1]["model"]
    assert (await shared.ask("Hello", payer.who, model=named)).last["usage"]["paid_by"]["source"] == "plan"
    assert (await payer.balance(), kinds(error)) == ((300, 0), ["credits", "model"])


@pytest.mark.parametrize("streamed", [False, True])
async def test_an_answer_of_the_openai_api_is_held_charged_and_refused(shared: World, *, streamed: bool) -> None:
    payer = Payer(shared)
    body: dict[str, Any] = {"model": SMALL, "messages": asking("Tell me more"), "max_tokens": 300}

    if streamed:
        chunks = await chunks_of(shared, payer.who, **body, stream_options={"include_usage": True})
        identity = chunks[0].id
        usage = [chunk.usage for chunk in chunks if chunk.usage][-1].model_dump()
    else:
        whole = ChatCompletion.model_validate_json((await shared.post("/v1/chat/completions", body, payer.who)).content)
        assert whole.usage is not None
        identity, usage = whole.id, whole.usage.model_dump()

    charge = price(usage["cost_micro_usd"])
    assert usage["charged_micro_usd"] == charge == await payer.charged()
    assert usage["paid_by"] == {"source": "credits", "units": None, "micro_usd": charge}
    assert payer.held_for(identity.removeprefix("chatcmpl-")) > charge

    poor = Payer(shared, money=10)
    refusal = await shared.post("/v1/chat/completions", {**body, "stream": streamed}, poor.who)
    error = refused(refusal)
    assert (refusal.status_code, refusal.headers["x-should-retry"]) == (402, "false")
    assert error == {"type": "insufficient_quota", "param": None, "code": "credits_exhausted"}
    assert (await poor.balance(), poor.events()) == ((10, 0), [])
