"""Invoices and credit notes: one for each payment and refund, numbered without a gap, their sums exact."""

import asyncio
import json
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oneai.billing.tax import gst
from tests import effort
from tests.database.billing_rows import TERMS, move_to, payment, refund, subscription
from tests.database.conftest import TurnClients
from tests.database.turns import TurnClient
from tests.world import Database

# Midnight of the first of April in India.
NEW_YEAR = datetime(2027, 3, 31, 18, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = 86_400


class Sums(NamedTuple):
    """The amounts of a document in paise."""

    total: int
    taxable: int
    cgst: int
    sgst: int
    igst: int


@pytest.fixture(autouse=True)
def _in_a_summer(database: Database) -> None:
    move_to(database, datetime(2026, 7, 1, tzinfo=UTC))


async def issue(client: TurnClient, paid: UUID, **terms: Any) -> UUID | None:
    """The invoice of a payment."""
    found: UUID | None = await client.call("select oneai.issue_invoice(%s, %s)", paid, json.dumps(TERMS | terms))
    return found


async def note(client: TurnClient, back: UUID) -> UUID | None:
    """The credit note of a refund."""
    found: UUID | None = await client.call("select oneai.issue_credit_note(%s)", back)
    return found


def sums(database: Database, document: UUID | None) -> Sums:
    """The amounts of the document."""
    return Sums(*database.one("select total, taxable, cgst, sgst, igst from oneai.invoices where id = %s", document))


def numbers(database: Database, kind: str = "invoice") -> list[str]:
    """In order."""
    return database.rows("select number from oneai.invoices where kind = %s order by number", kind)


def live(database: Database, user: UUID, state: str = "KA", country: str = "IN", gstin: str | None = None) -> None:
    """Saves the place of a user."""
    database.rows(
        "insert into oneai.billing_details values (%s, 'Asha Rao', '2 Church Street', %s, %s, %s)",
        *(user, state, country, gstin),
    )


async def test_a_buyer_in_the_sellers_state_pays_cgst_and_sgst_in_equal_parts(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    live(database, asha, gstin="29BBBBB1111B1Z5")
    period: dict[str, Any] = {"period_start": "2026-07-01T00:00:00Z", "period_end": "2026-08-01T00:00:00Z"}

    issued = await issue(owner, payment(database, asha, 118_000, **period))

    assert sums(database, issued) == (118_000, 100_000, 9_000, 9_000, 0)
    said = database.one(
        "select workspace_id, number, kind, currency, tax_rate, sac, "
        "place_of_supply, description, period_end, seller, buyer from oneai.invoices"
    )
    assert said[:3] == (asha, "INV/26-27/000001", "invoice")
    assert said[3:8] == ("INR", 1800, "998315", "KA", "Pro, monthly")
    assert said[8] == datetime(2026, 8, 1, tzinfo=UTC)
    assert said[9] == TERMS["seller"]
    assert said[10] == {
        "legal_name": "Asha Rao",
        "address": "2 Church Street",
        "state": "KA",
        "country": "IN",
        "gstin": "29BBBBB1111B1Z5",
    }


async def test_a_buyer_in_another_state_pays_igst(database: Database, owner: TurnClient, asha: UUID) -> None:
    live(database, asha, "TN")

    issued = await issue(owner, payment(database, asha, 118_000))

    assert sums(database, issued) == (118_000, 100_000, 0, 0, 18_000)
    assert database.one("select place_of_supply from oneai.invoices") == "TN"


@pytest.mark.parametrize(("export_rate", "igst"), [(0, 0), (1800, 18_000)])
async def test_a_buyer_abroad_pays_the_export_rate(
    database: Database, owner: TurnClient, asha: UUID, export_rate: int, igst: int
) -> None:
    live(database, asha, "CA", "US")

    issued = await issue(owner, payment(database, asha, 118_000, currency="USD"), export_rate=export_rate)

    assert sums(database, issued) == (118_000, 118_000 - igst, 0, 0, igst)
    said = database.one("select currency, tax_rate, place_of_supply from oneai.invoices")
    assert said == ("USD", export_rate, "US")


@pytest.mark.parametrize(("currency", "place"), [("INR", "KA"), ("USD", "ZZ")])
async def test_a_buyer_without_details_is_located_by_currency(
    database: Database, owner: TurnClient, asha: UUID, currency: str, place: str
) -> None:
    issued = await issue(owner, payment(database, asha, 118_000, currency=currency))

    assert sums(database, issued).cgst == (9_000 if place == "KA" else 0)
    said = database.one("select place_of_supply, buyer from oneai.invoices")
    assert said == (place, {"legal_name": "asha@example.com"})


async def test_an_unregistered_seller_charges_no_tax(database: Database, owner: TurnClient, asha: UUID) -> None:
    live(database, asha)

    issued = await issue(owner, payment(database, asha, 118_001), rate=0)

    assert sums(database, issued) == (118_001, 118_001, 0, 0, 0)


async def test_a_payment_has_one_invoice_despite_concurrent_requests(
    database: Database, owner: TurnClient, owners: TurnClients, asha: UUID
) -> None:
    paid = payment(database, asha)

    issued = await asyncio.gather(*(issue(each, paid) for each in await owners(8)))

    assert set(issued) == {await issue(owner, paid)}
    assert numbers(database) == ["INV/26-27/000001"]


async def test_a_payment_without_a_sale_has_no_invoice(database: Database, owner: TurnClient, asha: UUID) -> None:
    at = "2026-07-01T00:00:00Z"
    without = [
        payment(database, asha, status="failed", captured_at=None),
        payment(database, asha, status="authorized", captured_at=None),
        payment(database, asha, 0),
        payment(database, asha, quarantined_at=at),
        payment(database, asha, currency="EUR"),
    ]

    assert [await issue(owner, paid) for paid in without] == [None] * 5
    assert numbers(database) == []
    assert await issue(owner, payment(database, asha, quarantined_at=at, released_at=at)) is not None


async def test_documents_are_dated_in_the_order_of_their_numbers(
    database: Database, owners: TurnClients, asha: UUID
) -> None:
    early, late = await owners(2)
    of = subscription(database, asha)
    paid = [payment(database, asha, of=of) for _ in range(3)]
    async with early.connection.transaction():
        await early.call("select oneai.now()")
        database.advance(DAY)
        await issue(late, paid[0])
        back = refund(database, paid[0], 500)
        await issue(early, paid[1])
        await note(early, back)
    await issue(late, paid[2])

    said = database.rows("select number, issued_at from oneai.invoices where kind = 'invoice' order by number")
    assert [at for _, at in said] == sorted(at for _, at in said)
    noted, corrected = database.one(
        "select n.issued_at, i.issued_at from oneai.invoices as n join oneai.invoices as i on i.id = n.corrects"
    )
    assert noted >= corrected


async def test_a_transaction_that_waited_past_the_new_year_is_numbered_in_the_old_one(
    database: Database, owners: TurnClients, asha: UUID
) -> None:
    early, late = await owners(2)
    move_to(database, NEW_YEAR - SECOND * 30)
    paid = [payment(database, asha) for _ in range(3)]
    await issue(late, paid[0])
    async with early.connection.transaction():
        await early.call("select oneai.now()")
        move_to(database, NEW_YEAR)
        await issue(late, paid[1])
        await issue(early, paid[2])

    said = "select number, (issued_at at time zone 'Asia/Kolkata')::date::text from oneai.invoices order by number"
    assert database.rows(said) == [
        ("INV/26-27/000001", "2027-03-31"),
        ("INV/26-27/000002", "2027-03-31"),
        ("INV/27-28/000001", "2027-04-01"),
    ]


async def test_a_number_is_on_disk_before_it_is_returned(database: Database, owner: TurnClient, asha: UUID) -> None:
    paid = payment(database, asha)
    async with owner.connection.transaction():
        await owner.call("select set_config('synchronous_commit', 'off', true)")
        assert await owner.call("select current_setting('synchronous_commit')") == "off"
        await issue(owner, paid)
        assert await owner.call("select current_setting('synchronous_commit')") == "on"


async def test_concurrent_invoices_leave_no_gap_despite_failures(
    database: Database, owners: TurnClients, asha: UUID
) -> None:
    many = await owners(12)
    of = subscription(database, asha)

    async def issuing(client: TurnClient, n: int) -> None:
        for at in range(5):
            paid = payment(database, asha, of=of)
            with suppress(psycopg.errors.DivisionByZero):
                async with client.connection.transaction():
                    await issue(client, paid)
                    if (n + at) % 3 == 0:
                        await client.call("select 1 / 0")

    await asyncio.gather(*(issuing(client, n) for n, client in enumerate(many)))

    assert numbers(database) == [f"INV/26-27/{n:06}" for n in range(1, 41)]


async def test_concurrent_invoices_and_credit_notes_do_not_deadlock(
    database: Database, owners: TurnClients, asha: UUID
) -> None:
    one, other = await owners(2)
    of = subscription(database, asha)

    async def both(client: TurnClient, *, note_first: bool) -> None:
        for _ in range(10):
            earlier, later = payment(database, asha, of=of), payment(database, asha, of=of)
            await issue(client, earlier)
            back = refund(database, earlier, 500)
            steps: list[Awaitable[Any]]
            async with client.connection.transaction():
                steps = [note(client, back), issue(client, later)]
                for step in steps if note_first else reversed(steps):
                    await step

    await asyncio.gather(both(one, note_first=True), both(other, note_first=False))

    assert numbers(database) == [f"INV/26-27/{n:06}" for n in range(1, 41)]
    assert numbers(database, "credit_note") == [f"CRN/26-27/{n:06}" for n in range(1, 21)]


async def test_numbers_restart_at_midnight_of_april_1_in_india(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    move_to(database, NEW_YEAR - SECOND * 30)
    paid_before = payment(database, asha)
    await issue(owner, paid_before)
    left_over = payment(database, asha)

    move_to(database, NEW_YEAR)
    await issue(owner, left_over)
    await note(owner, refund(database, paid_before, 1_000))

    assert numbers(database) == ["INV/26-27/000001", "INV/27-28/000001"]
    assert numbers(database, "credit_note") == ["CRN/27-28/000001"]
    move_to(database, datetime(2099, 12, 31, tzinfo=UTC))
    await issue(owner, payment(database, asha))
    assert numbers(database)[-1] == "INV/99-00/000001"


@pytest.mark.parametrize(
    ("taken", "number"),
    [(999_998, "INV/26-27/999999"), (999_999, "IN/26-27/1000000"), (9_999_999, "I/26-27/10000000")],
)
async def test_a_number_never_has_more_than_16_characters(
    database: Database, owner: TurnClient, asha: UUID, taken: int, number: str
) -> None:
    database.rows("insert into oneai.invoice_series values ('invoice', '2627', %s)", taken)

    await issue(owner, payment(database, asha))

    assert numbers(database) == [number]


async def test_a_credit_note_divides_its_invoice_in_proportion_to_the_refund(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    live(database, asha)
    paid = payment(database, asha, 118_000)
    invoice = await issue(owner, paid)
    back = refund(database, paid, 59_000)
    live_elsewhere = "update oneai.billing_details set state = 'TN', legal_name = 'Another Name'"
    database.rows(live_elsewhere)

    noted = await note(owner, back)

    assert sums(database, noted) == (59_000, 50_000, 4_500, 4_500, 0)
    said = database.one(
        "select number, workspace_id, refund_id, corrects, place_of_supply, buyer ->> 'legal_name', tax_rate, sac "
        "from oneai.invoices where kind = 'credit_note'"
    )
    assert said == ("CRN/26-27/000001", asha, back, invoice, "KA", "Asha Rao", 1800, "998315")
    assert await note(owner, back) == noted
    assert len(numbers(database, "credit_note")) == 1


async def test_a_failed_or_uninvoiced_refund_has_no_credit_note(
    database: Database, owner: TurnClient, asha: UUID
) -> None:
    paid = payment(database, asha, 118_000)
    without_invoice = refund(database, paid, 100)
    assert await note(owner, without_invoice) is None
    await issue(owner, paid)
    assert await note(owner, refund(database, paid, 100, "pending")) is None
    assert await note(owner, refund(database, paid, 100, "failed")) is None
    assert await note(owner, uuid4()) is None

    assert await note(owner, without_invoice) is not None


async def test_credit_notes_never_exceed_the_invoice(database: Database, owner: TurnClient, asha: UUID) -> None:
    paid = payment(database, asha, 118_000)
    invoice = await issue(owner, paid)
    backs = [refund(database, paid, amount) for amount in (100_000, 100_000, 5)]

    noted = [await note(owner, back) for back in backs]

    assert noted[2] is None
    assert [sums(database, each).total for each in noted[:2]] == [100_000, 18_000]
    added = [sum(column) for column in zip(*(sums(database, each) for each in noted[:2]), strict=True)]
    assert added == list(sums(database, invoice))


@settings(max_examples=effort.sample(8, 60))
@given(
    amount=st.integers(1, 5_000_000),
    rate=st.sampled_from([0, 500, 1200, 1800, 2800]),
    place=st.sampled_from([("KA", "IN"), ("TN", "IN"), ("CA", "US")]),
    cuts=st.lists(st.integers(0, 10**9), max_size=4),
)
def test_all_amounts_are_exact_for_any_payment_and_refund(
    database: Database, amount: int, rate: int, place: tuple[str, str], cuts: list[int]
) -> None:
    user = database.user(f"{uuid4()}@example.com")
    state, country = place
    live(database, user, state, country)
    paid = payment(database, user, amount)
    terms = json.dumps(TERMS | {"rate": rate, "export_rate": rate})
    invoice = sums(database, database.one("select oneai.issue_invoice(%s, %s)", paid, terms))

    expected = gst.split(amount, rate, seller_state="KA", state=state, country=country)
    assert invoice == (amount, *expected)
    assert invoice.cgst == invoice.sgst
    assert abs(invoice.taxable * rate - (amount - invoice.taxable) * 10_000) <= 2 * 10_000

    marks = sorted({0, amount, *(cut % (amount + 1) for cut in cuts)})
    parts = [later - earlier for earlier, later in pairwise(marks)]
    notes = [
        sums(database, database.one("select oneai.issue_credit_note(%s)", refund(database, paid, part)))
        for part in parts
    ]
    assert [each.total for each in notes] == parts
    assert [sum(column) for column in zip(*notes, strict=True)] == list(invoice)
    for each in notes:
        assert each.total == each.taxable + each.cgst + each.sgst + each.igst
        assert min(each.cgst, each.igst) >= 0
        assert each.taxable >= 0 or each.total < 100
