"""Users find their own invoices and credit notes, and no others."""

import json
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.billing.invoices.issuing import SELLER, give_back, issue, read, tell
from tests.world import World


def buyer(world: World, **details: str) -> str:
    """A new user who has said whom invoices are made out to."""
    who = world.newcomer()
    tell(world.database, world.people[who], **details)
    return who


async def listed(world: World, who: str, **params: Any) -> Any:
    """A page of `who`'s documents."""
    answer = await world.get("/subscription/invoice", who, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def seen_by(world: World, user: UUID) -> list[UUID]:
    """The owners of the documents that the database shows to this user."""
    with psycopg.connect(world.database.url("oneai_app")) as connection:
        connection.execute("select set_config('role', 'authenticated', true)")
        connection.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": str(user)})])
        return [owner for (owner,) in connection.execute("select workspace_id from oneai.invoices").fetchall()]


async def test_a_user_without_payments_has_no_invoices(shared: World) -> None:
    assert await listed(shared, shared.newcomer()) == {"items": [], "next_cursor": None}


async def test_an_invoice_has_the_item_the_buyer_and_the_tax(shared: World) -> None:
    who = buyer(shared)
    invoice = issue(shared.database, shared.people[who])

    found = (await shared.get(f"/subscription/invoice/{invoice}", who)).json()

    assert found["id"] == str(invoice)
    assert (found["kind"], found["currency"], found["tax_rate"], found["sac"]) == ("invoice", "INR", 1800, "998315")
    amounts = [found[name] for name in ("total", "taxable", "cgst", "sgst", "igst")]
    assert amounts == [236000, 200000, 18000, 18000, 0]
    assert (found["place_of_supply"], found["buyer"]["legal_name"]) == ("KA", "Asha Rao")
    assert found["seller"] == {**SELLER, "country": "IN", "tax_id": None}
    assert found["payment_reference"].startswith("pay_")
    assert found["period_end"] == "2026-12-21T18:30:00Z"
    assert found["corrects"] is None
    assert found["issued_at"].endswith("Z")


async def test_a_credit_note_names_the_invoice_that_it_corrects(shared: World) -> None:
    who = buyer(shared)
    invoice = issue(shared.database, shared.people[who])
    note = give_back(shared.database, invoice, 118000)

    found = (await shared.get(f"/subscription/invoice/{note}", who)).json()

    assert (found["kind"], found["total"], found["taxable"], found["cgst"]) == ("credit_note", 118000, 100000, 9000)
    assert found["corrects"]["id"] == str(invoice)
    assert found["corrects"]["number"] == (await shared.get(f"/subscription/invoice/{invoice}", who)).json()["number"]


async def test_the_list_has_every_document_once_with_the_newest_first(shared: World) -> None:
    who = buyer(shared)
    issued = []
    for _ in range(5):
        shared.database.advance(60)
        issued.append(issue(shared.database, shared.people[who]))
    shared.database.advance(60)
    issued.append(give_back(shared.database, issued[2], 100))

    whole = await listed(shared, who)
    pages, cursor = [], None
    while page := await listed(shared, who, limit=2, **({"cursor": cursor} if cursor else {})):
        pages.append(page["items"])
        if (cursor := page["next_cursor"]) is None:
            break

    expected = [str(each) for each in reversed(issued)]
    assert [each["id"] for each in whole["items"]] == expected
    assert whole["next_cursor"] is None
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [each["id"] for page in pages for each in page] == expected


async def test_documents_of_one_moment_are_split_into_pages_without_repeats(shared: World) -> None:
    who = buyer(shared)
    moment = "2026-11-21T06:30:00Z"
    for _ in range(3):
        issue(shared.database, shared.people[who])
    shared.database.rows("update oneai.invoices set issued_at = %s where workspace_id = %s", moment, shared.people[who])

    first = await listed(shared, who, limit=1)
    second = await listed(shared, who, limit=1, cursor=first["next_cursor"])
    third = await listed(shared, who, limit=1, cursor=second["next_cursor"])

    assert len({page["items"][0]["id"] for page in (first, second, third)}) == 3
    assert third["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["nonsense", "WyJ4IiwieSJd", "WzEsMl0"])
async def test_a_foreign_cursor_is_refused(cursor: str, shared: World) -> None:
    answer = await shared.get("/subscription/invoice", cursor=cursor)

    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "cursor")


@pytest.mark.parametrize("path", ["", "/pdf"])
async def test_an_invoice_of_another_user_is_not_found(path: str, shared: World) -> None:
    invoice = issue(shared.database, shared.people[buyer(shared)])

    theirs = await shared.get(f"/subscription/invoice/{invoice}{path}", shared.newcomer())
    never = await shared.get(f"/subscription/invoice/{uuid4()}{path}")

    assert (theirs.status_code, never.status_code) == (404, 404)
    assert theirs.json()["error"] == never.json()["error"]


async def test_the_database_hides_rows_of_other_users(shared: World) -> None:
    owner, stranger = shared.people[buyer(shared)], shared.people[shared.newcomer()]
    issue(shared.database, owner)

    assert seen_by(shared, owner) == [owner]
    assert seen_by(shared, stranger) == []


@pytest.mark.parametrize("accept", ["*/*", "application/pdf", "text/html,application/xhtml+xml,*/*;q=0.8"])
async def test_a_pdf_is_served_for_any_accept_header(accept: str, shared: World) -> None:
    who = buyer(shared, legal_name="श्री लक्ष्मी ट्रेडिंग")
    invoice = issue(shared.database, shared.people[who])
    number = (await shared.get(f"/subscription/invoice/{invoice}", who)).json()["number"]

    answer = await shared.http.get(f"/subscription/invoice/{invoice}/pdf", headers=shared.headers(who, accept=accept))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    name = f"invoice-{number.replace('/', '-')}.pdf"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert number in read(answer.content)
    assert "लक्ष्मी" in read(answer.content)


async def test_an_issued_invoice_never_changes(shared: World) -> None:
    who = buyer(shared)
    invoice = issue(shared.database, shared.people[who])
    before = (await shared.get(f"/subscription/invoice/{invoice}/pdf", who)).content

    tell(shared.database, shared.people[who], legal_name="Another Name")

    assert (await shared.get(f"/subscription/invoice/{invoice}/pdf", who)).content == before


async def test_a_buyer_without_details_gets_an_invoice(shared: World) -> None:
    who = shared.newcomer()
    invoice = issue(shared.database, shared.people[who], 2000, "USD")

    answer = await shared.get(f"/subscription/invoice/{invoice}/pdf", who)

    assert "EXPORT INVOICE" in read(answer.content)
    assert "Outside India" in read(answer.content)
