"""Requests without an answer that credits pay, over HTTP: embeddings, pages that a model reads, and summaries."""

import math
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from oneai.chat.turn import summaries, titles
from oneai.models import providers
from oneai.models.background_completion import REASONING_TOKENS
from oneai.models.price import PER_MILLION, estimate_cost
from oneai.plans.model_terms import available_embedding_models
from oneai.plans.title_model import title_model
from tests.chatbots.test_cost_of_preparation import CLAUSES, LONG
from tests.credits.payer import MONEY, Payer, kinds, price, refused
from tests.documents.library import insert, insert_chunks, request, shown, uploaded
from tests.documents.reader import Reader
from tests.documents.runs import run
from tests.world import World

EMBEDS, READS, DEAR, ECHO = (
    "openai/text-embedding-3-small",
    "openai/gpt-4.1-mini",
    "anthropic/claude-opus-4.5",
    "local/echo",
)


async def embed(world: World, who: str, text: str) -> Any:
    """`POST /v1/embeddings`."""
    return await world.post("/v1/embeddings", {"model": EMBEDS, "input": text}, who)


def document_of(payer: Payer, *texts: str, tokens: int = 5) -> str:
    """A document of the payer that is ready, with these chunks."""
    document = insert(payer.world, payer.who)
    insert_chunks(payer.world, payer.who, document, *texts)
    payer.world.database.rows("update oneai.document_chunks set tokens = %s where document_id = %s", tokens, document)
    return document


async def test_embeddings_are_held_and_charged_in_credits(world: World) -> None:
    payer = Payer(world, "asha")

    answer = await embed(world, payer.who, "word " * 40_000)

    assert answer.status_code == 200, answer.text
    ((_, source, units, cost, charge),) = payer.events("embedding")
    held = world.database.one("select held_micro_usd from oneai.credit_holds where workspace_id = %s", payer.user)
    # They have no least price, because nothing is streamed.
    assert (source, units, charge) == ("credits", 0, price(cost, least=1))
    assert 0 < charge == await payer.charged() <= held
    assert world.quota(payer.who) == (0, 0)

    poor = Payer(world, "ravi", money=10)
    refusal = await embed(world, poor.who, "word " * 40_000)
    assert (refusal.status_code, refusal.headers["x-should-retry"]) == (402, "false")
    assert refused(refusal)["code"] == "credits_exhausted"
    assert (await poor.balance(), poor.events()) == ((10, 0), [])


async def test_embeddings_are_paid_by_the_plan_until_its_units_are_used(world: World) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    payer.without_units(left=1)

    answers = [await embed(world, payer.who, "word " * 1_000) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert [each[1:3] for each in payer.events("embedding")] == [("plan", 1), ("credits", 0)]


async def test_pages_that_a_model_reads_are_held_and_charged_one_by_one(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha")
    document = await uploaded(world, payer.who, content=b"\f" * 2)
    await run()
    body = {"read_pages": True, "model": READS}

    begun = await request(world, "POST", f"/documents/{document}/reprocess", payer.who, body)
    assert begun.status_code == 202, begun.text
    held = (await payer.balance())[1]
    assert 0 < held < MONEY
    await run()

    pages = payer.events("page_reading")
    assert [each[1:3] for each in pages] == [("credits", 0)] * 3
    assert all(0 < each[3] < each[4] == price(each[3], least=1) <= held for each in pages)
    assert await payer.charged() == sum(each[4] for each in pages)
    assert (await shown(world, payer.who, document))["metadata"]["unread_pages"] == 0
    assert world.quota(payer.who) == (0, 0)


async def test_reading_ends_with_the_money_and_goes_on_with_more(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha")
    document = await uploaded(world, payer.who, content=b"\f" * 2)
    await run()
    body = {"read_pages": True, "model": READS}
    assert (await request(world, "POST", f"/documents/{document}/reprocess", payer.who, body)).status_code == 202
    held = (await payer.balance())[1]
    # Enough for the first page, which is held.
    payer.account.hold(MONEY - held)

    await run()

    found = await shown(world, payer.who, document)
    assert (found["status"], found["metadata"]["unread_pages"]) == ("ready", 2)
    assert len(payer.events("page_reading")) == 1
    refusal = await request(world, "POST", f"/documents/{document}/reprocess", payer.who, body)
    error = refused(refusal)
    assert (refusal.status_code, error["code"], kinds(error)[0]) == (402, "credits_exhausted", "credits")


async def test_the_vector_of_a_question_is_paid_with_its_answer(world: World) -> None:
    payer = Payer(world, "asha")
    # Too many passages for all of them to be in a prompt.
    document = document_of(payer, *CLAUSES)
    fields: dict[str, Any] = {"model": READS, "documents": [document]}

    asked = await world.ask(LONG, payer.who, **fields)

    (vector, answer) = payer.events()
    assert (vector[:3], answer[:2]) == (("document_embedding", "credits", 0), ("answer", "credits"))
    # The price of both together, which the answer is charged.
    assert (vector[4], answer[4]) == (0, price(vector[3], answer[3]))
    held = payer.held_beside(asked.start["message_id"])
    assert 0 < vector[3] <= held == world.database.one("select oneai.max_of_vector(%s)", LONG)
    receipt = await payer.receipt(asked.start)
    assert receipt["charged_micro_usd"] == answer[4] == await payer.charged()

    # Of compared answers it belongs to the first. A search without an answer is the operator's.
    compared = await world.ask(LONG, payer.who, documents=[document], compare=[READS, ECHO])
    assert [payer.held_beside(each) for each in compared.start["message_ids"]] == [held, 0]
    await payer.get("/documents/search", q=LONG)
    assert [each[1] for each in payer.events("document_embedding")] == ["credits", "credits", "plan"]
    await payer.charged()

    # With the plan, nothing is charged for it.
    free = Payer(world, "ravi", order="plan")
    await world.ask(LONG, free.who, model=READS, documents=[document_of(free, *CLAUSES)])
    assert [each[:2] for each in free.events()] == [("document_embedding", "plan"), ("answer", "plan")]
    assert await free.charged() == 0


async def test_the_last_credits_buy_an_answer_whose_documents_are_searched_by_words(world: World) -> None:
    rich = Payer(world, "asha")
    fields: dict[str, Any] = {"model": READS, "documents": [document_of(rich, *CLAUSES)]}
    asked = await world.ask(LONG, rich.who, **fields)
    beside = rich.held_beside(asked.start["message_id"])
    whole = rich.held_for(asked.start["message_id"])

    poor = Payer(world, "ravi", money=whole - 1)
    fields["documents"] = [document_of(poor, *CLAUSES)]
    asked = await world.ask(LONG, poor.who, **fields)

    assert poor.held_for(asked.start["message_id"]) == whole - 3 * beside
    assert [each[:2] for each in poor.events()] == [("answer", "credits")]
    assert await poor.charged() > 0
    messages = await poor.get(f"/conversations/{asked.start['conversation_id']}/messages")
    assert messages["items"][-1]["metadata"]["sources"]

    poorer = Payer(world, world.newcomer(), money=whole - 3 * beside - 1)
    fields["documents"] = [document_of(poorer, *CLAUSES)]
    asked = await world.ask(LONG, poorer.who, **fields)
    assert (asked.status, refused(asked.body)["code"]) == (402, "credits_exhausted")


async def test_a_vector_that_is_recorded_after_its_answer_is_charged_then(world: World) -> None:
    payer = Payer(world, "asha")
    asked = await world.ask("Tell me more", payer.who, model=READS)
    before = await payer.charged()
    ((*_, cost, _),) = payer.events("answer")
    database = world.database
    database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, 1000000, oneai.credit_month(%s, oneai.now()), %s)",
        *(payer.user, payer.user, payer.user, before),
    )
    usage = {"outcome": "complete", "model_asked": EMBEDS, "prompt_tokens": 9, "cost_micro_usd": 90, "estimated": False}
    for _ in range(2):
        database.rows(
            "select oneai.record_embedding_usage(%s, %s, %s, %s, %s)",
            *(payer.user, payer.user, UUID(int=7), Jsonb({**usage, "price_version": "1"}), asked.start["message_id"]),
        )

    ((_, source, _, _, charge),) = payer.events("document_embedding")
    assert (source, charge) == ("credits", price(cost, 90) - before)
    assert await payer.charged() == price(cost, 90)
    assert database.rows("select spent_micro_usd from oneai.credit_limits") == [price(cost, 90)]


async def test_what_is_held_for_small_models_covers_their_prices(world: World) -> None:
    catalogue = await providers.list_models()
    smallest = title_model(catalogue)
    long = title_model(catalogue, summaries.CONTEXT_TOKENS)
    assert smallest is not None
    assert long is not None
    costs = {
        "title": estimate_cost(smallest, titles.PROMPT_TOKENS, titles.TITLE_TOKENS + REASONING_TOKENS),
        "summary": estimate_cost(long, summaries.CONTEXT_TOKENS, summaries.SUMMARY_TOKENS + REASONING_TOKENS),
    }
    for line, cost in costs.items():
        assert 0 < cost <= world.database.one("select oneai.max_of_line(%s)", line)
    for model in available_embedding_models(catalogue):
        assert model.prompt_price is not None
        assert 2 * math.ceil(5_000 * model.prompt_price * PER_MILLION) <= world.database.one(
            "select oneai.max_of_vector(%s)", "x" * 6_000
        )


async def test_a_summary_is_held_and_charged_in_credits(world: World) -> None:
    payer = Payer(world, "asha")
    document = document_of(payer, "The lease runs for eleven months.")

    # Its model is above the plan.
    answer = await request(world, "POST", f"/documents/{document}/summary", payer.who, {"model": DEAR})
    assert answer.status_code == 202, answer.text
    held = (await payer.balance())[1]
    await run()

    ((_, source, units, cost, charge),) = payer.events("summary")
    assert (source, units, charge) == ("credits", 0, price(cost, least=1))
    assert 0 < charge == await payer.charged() <= held
    assert (await shown(world, payer.who, document))["summary"]

    poor = Payer(world, "ravi", money=10)
    other = document_of(poor, "The lease runs for eleven months.")
    refusal = await request(world, "POST", f"/documents/{other}/summary", poor.who, {"model": ECHO})
    error = refused(refusal)
    assert (refusal.status_code, error["code"], kinds(error)[0]) == (402, "credits_exhausted", "credits")
    assert (await poor.balance(), poor.events()) == ((10, 0), [])
