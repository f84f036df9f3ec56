"""Pages of documents beyond the plan's month: credits pay at least the least price of an answer for each."""

import json
from uuid import UUID

import pytest

from oneai.documents import steps
from oneai.models.outcome import Outcome, OutcomeUsage
from oneai.plans.price_of_use import MIN_MICRO_USD
from tests.credits.payer import MONEY, Payer, price
from tests.documents.library import insert, insert_chunks, request, shown, uploaded
from tests.documents.reader import Reader
from tests.documents.runs import run
from tests.world import World

EMBEDS = "openai/text-embedding-3-small"
LEASE = "The lease runs for eleven months."
MANY = 2_000


def without_pages(payer: Payer, left: int = 0) -> None:
    """Leaves this many pages of the plan's month."""
    payer.world.database.rows(
        "insert into oneai.document_page_counts (workspace_id, month, pages) "
        "values (%s, oneai.document_page_month(), oneai.pages_of_plan(%s) - %s)",
        *(payer.user, payer.user, left),
    )


def pages(count: int, text: str = LEASE) -> bytes:
    """A file of this many pages."""
    return "\f".join([text] * count).encode()


async def read(payer: Payer, content: bytes) -> tuple[str, str, str | None]:
    """Uploads a file and reads it; the document, its status and problem."""
    document = await uploaded(payer.world, payer.who, content=content)
    await run()
    found = await shown(payer.world, payer.who, document)
    return document, found["status"], found["problem"]


async def test_credits_pay_the_pages_that_the_month_does_not_have(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    without_pages(payer, left=1)

    document, status, _ = await read(payer, pages(3))

    assert status == "ready"
    assert [each[1:] for each in payer.events("document_pages")] == [("credits", 0, 0, 2 * MIN_MICRO_USD)]
    # Their vectors cost less than that, and are paid with them.
    ((_, source, _, cost, charge),) = payer.events("document_embedding")
    assert (source, charge) == ("credits", 0)
    assert cost > 0
    assert await payer.charged() == 2 * MIN_MICRO_USD
    assert world.database.one("select oneai.pages_left(%s)", payer.user) == 0

    # Read again, it is counted again.
    again = await request(world, "POST", f"/documents/{document}/reprocess", payer.who)
    assert again.status_code == 202, again.text
    await run()
    assert (await shown(world, payer.who, document))["status"] == "ready"
    assert await payer.charged() == 5 * MIN_MICRO_USD


async def test_vectors_that_cost_more_than_the_least_price_are_charged(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    without_pages(payer)
    world.database.rows("insert into oneai.credit_prices (pattern, markup_percent) values ('*', 10000)")

    _, status, _ = await read(payer, pages(1, f"{LEASE} " * MANY))

    assert status == "ready"
    vectors = payer.events("document_embedding")
    whole = price(sum(each[3] for each in vectors) * 100 // 3, least=MIN_MICRO_USD)
    charges = [each[4] for each in (*payer.events("document_pages"), *vectors)]
    assert charges[0] == MIN_MICRO_USD < sum(charges) == await payer.charged()
    assert abs(sum(charges) - whole) <= 2


async def test_pages_are_refused_where_credits_do_not_pay_or_are_not_enough(world: World, reader: Reader) -> None:
    of_plan = Payer(world, "asha", order="plan")
    without_pages(of_plan)
    assert (await read(of_plan, pages(1)))[1:] == ("failed", steps.OVER_PAGES)
    assert await of_plan.balance() == (MONEY, 0)

    poor = Payer(world, "ravi", money=2 * MIN_MICRO_USD, order="plan,credits")
    without_pages(poor)
    document, *refused = await read(poor, pages(3))
    assert refused == ["failed", steps.OVER_CREDITS]
    assert (await poor.balance(), poor.events()) == ((2 * MIN_MICRO_USD, 0), [])
    # With more of them it is read.
    poor.account.grant(MIN_MICRO_USD)
    poor.money += MIN_MICRO_USD
    await request(world, "POST", f"/documents/{document}/reprocess", poor.who)
    await run()
    assert (await shown(world, poor.who, document))["status"] == "ready"
    assert await poor.charged() == 3 * MIN_MICRO_USD


async def test_a_monthly_limit_of_credits_refuses_pages(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    without_pages(payer)
    world.database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, %s, oneai.credit_month(%s, oneai.now()), 0)",
        *(payer.user, payer.user, MIN_MICRO_USD, payer.user),
    )

    assert (await read(payer, pages(2)))[1:] == ("failed", steps.OVER_SPENDING_LIMIT)
    assert (await payer.balance(), payer.events()) == ((MONEY, 0), [])
    assert (await read(payer, pages(1)))[1] == "ready"
    assert await payer.charged() == MIN_MICRO_USD


async def test_a_file_without_room_in_the_storage_is_not_charged(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    without_pages(payer)
    document = await uploaded(world, payer.who, content=pages(2))
    world.database.rows("update oneai.plan_storage set limit_bytes = (select size from oneai.documents)")

    await run()

    found = await shown(world, payer.who, document)
    assert (found["status"], found["problem"]) == ("failed", steps.OVER_STORAGE)
    assert (await payer.balance(), payer.events()) == ((MONEY, 0), [])


def dense(payer: Payer) -> None:
    """Vectors cost a hundred times their price, which is more than the least price of a page."""
    payer.world.database.rows("insert into oneai.credit_prices (pattern, markup_percent) values ('*', 10000)")


async def test_text_whose_vectors_credits_do_not_cover_is_found_by_its_words(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", money=MIN_MICRO_USD + 1, order="plan,credits")
    without_pages(payer)
    dense(payer)

    document, status, _ = await read(payer, pages(1, f"{LEASE} " * MANY))

    assert (status, (await shown(world, payer.who, document))["words_only"]) == ("ready", "credits_exhausted")
    # Not the operator's money either.
    assert payer.events("document_embedding") == []
    assert world.database.one("select count(*) from oneai.document_vectors") == 0
    assert await payer.charged() == MIN_MICRO_USD
    found = await payer.get("/documents/search", q="lease eleven months")
    assert {each["document_id"] for each in found["items"]} == {document}


async def test_text_without_vectors_gets_them_when_it_is_read_again_with_credits(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", money=MIN_MICRO_USD + 1, order="plan,credits")
    without_pages(payer)
    dense(payer)
    document, _, _ = await read(payer, pages(1, f"{LEASE} " * MANY))
    assert world.database.one("select count(*) from oneai.document_vectors") == 0
    payer.account.grant(MONEY)
    payer.money += MONEY

    again = await request(world, "POST", f"/documents/{document}/reprocess", payer.who)
    assert again.status_code == 202, again.text
    await run()

    assert (await shown(world, payer.who, document))["words_only"] is None
    chunks = world.database.one("select count(*) from oneai.document_chunks")
    assert world.database.one("select count(*) from oneai.document_vectors") == chunks > 0
    assert {source for _, source, _, _, _ in payer.events("document_embedding")} == {"credits"}
    # The page is paid again, with its vectors.
    assert await payer.charged() > 2 * MIN_MICRO_USD


async def test_pages_of_the_month_have_vectors_where_own_keys_alone_pay(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="own_key")

    document, status, _ = await read(payer, pages(1))

    assert (status, (await shown(world, payer.who, document))["words_only"]) == ("ready", None)
    assert [each[1] for each in payer.events("document_embedding")] == ["plan"]
    world.database.rows("update oneai.document_page_counts set pages = oneai.pages_of_plan(%s)", payer.user)
    assert (await read(payer, pages(1)))[1:] == ("failed", steps.OVER_PAGES)


async def test_a_limit_that_does_not_cover_vectors_leaves_them_out(world: World, reader: Reader) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    without_pages(payer)
    dense(payer)
    world.database.rows(
        "insert into oneai.credit_limits values (%s, 'member', %s, %s, oneai.credit_month(%s, oneai.now()), 0)",
        *(payer.user, payer.user, MIN_MICRO_USD + 1, payer.user),
    )

    _, status, _ = await read(payer, pages(1, f"{LEASE} " * MANY))

    assert (status, payer.events("document_embedding")) == ("ready", [])
    assert (
        await payer.charged() == MIN_MICRO_USD == world.database.one("select spent_micro_usd from oneai.credit_limits")
    )


def claimed(payer: Payer) -> tuple[UUID, UUID]:
    """A document with one sold page, whose vectors are requested and hold more than that page cost; the request."""
    document = insert(payer.world, payer.who)
    insert_chunks(payer.world, payer.who, document, LEASE * 20)
    database = payer.world.database
    database.rows("update oneai.documents set user_id = workspace_id")
    database.rows(
        "select oneai.charge_document_pages(w, d, 1, 'm') from oneai.workspaces as w "
        "join oneai.documents as d on d.workspace_id = w.id"
    )
    prices = json.dumps({EMBEDS: {"version": "1", "micro_usd_per_token": "1"}})
    claim = "select oneai.claim_embedding_batch(%s, %s, false, 9, null, %s)"
    batch = database.one(claim, UUID(document), EMBEDS, prices)
    assert payer.account.balance()[3] > 0
    return UUID(document), UUID(batch["id"])


def cost(micro_usd: int, *, estimated: bool = False) -> str:
    """The outcome of a request that cost this."""
    usage = OutcomeUsage(prompt_tokens=micro_usd, cost_micro_usd=micro_usd, estimated=estimated)
    return Outcome("complete", usage, units=0, sent=True, model=EMBEDS).to_json()


@pytest.mark.parametrize("gone", [False, True], ids=["stored", "deleted"])
async def test_vectors_are_charged_once_also_of_a_document_that_was_deleted(world: World, *, gone: bool) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    dense(payer)
    document, batch = claimed(payer)
    if gone:
        world.database.rows("delete from oneai.documents")

    for _ in range(2):
        store = "select oneai.store_embeddings(%s, %s, %s, '{}', '{}', %s)"
        world.database.rows(store, batch, document, EMBEDS, cost(300))

    assert payer.account.balance() == (MONEY - 300 * 100, 0, 0, 0)
    assert [each[3:] for each in payer.events("document_embedding")] == [(300, 300 * 100 - MIN_MICRO_USD)]


async def test_vectors_whose_process_died_are_charged_and_the_rest_comes_back(world: World) -> None:
    payer = Payer(world, "asha", order="plan,credits")
    dense(payer)
    _, batch = claimed(payer)
    before = payer.account.balance()
    world.database.advance(16 * 60)
    # Its request may still be answered.
    world.database.rows("select oneai.release_lost_holds(10)")
    assert payer.account.balance() == before

    world.database.rows("select oneai.settle(%s, %s)", batch, cost(300, estimated=True))
    world.database.rows("select oneai.release_lost_holds(10)")

    assert payer.account.balance() == (MONEY - 300 * 100, 0, 0, 0)
