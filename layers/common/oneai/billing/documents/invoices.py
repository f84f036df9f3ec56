"""Invoices and credit notes as they were issued: a list of them, one, and one to print."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from oneai import cursors, db
from oneai.billing.facts import Currency
from oneai.db import Person
from oneai.errors import NotFound


class Seller(BaseModel):
    """Who sold, as it was then. `lut` is the letter of undertaking under which exports go untaxed."""

    name: str
    address: str = ""
    state: str = ""
    gstin: str | None = None
    lut: str | None = None


class Buyer(BaseModel):
    """Whom it was made out to."""

    legal_name: str
    address: str = ""
    state: str = ""
    country: str = ""
    gstin: str | None = None


class Corrected(BaseModel):
    """The invoice that a credit note corrects."""

    id: UUID
    number: str
    issued_at: datetime


class Invoice(BaseModel):
    """A document as it was issued. Amounts are in paise or cents: total = taxable + cgst + sgst + igst.

    `tax_rate` is in hundredths of a percent; `place_of_supply` a state of India, or a country's code where it is none;
    `payment_reference` the payment provider's id of what was paid or paid back.
    """

    id: UUID
    kind: Literal["invoice", "credit_note"]
    number: str
    issued_at: datetime
    currency: Currency
    total: int
    taxable: int
    cgst: int
    sgst: int
    igst: int
    tax_rate: int
    sac: str
    place_of_supply: str
    description: str
    period_start: datetime | None
    period_end: datetime | None
    payment_reference: str | None
    corrects: Corrected | None
    seller: Seller
    buyer: Buyer


class InvoicePage(BaseModel):
    """Some documents, the newest first; `next_cursor` is null on the last page."""

    items: list[Invoice]
    next_cursor: str | None


class Pdf(BaseModel):
    """A document to print. `name` is a file's, without anything that a file's name or a header may not have."""

    name: str
    body: bytes


_SELECT = """
    select i.id, i.kind, i.number, i.issued_at, i.currency, i.total, i.taxable, i.cgst, i.sgst, i.igst, i.tax_rate,
      i.sac, i.place_of_supply, i.description, i.period_start, i.period_end,
      p.provider_payment_id as payment_reference,
      case when c.id is not null then
        jsonb_build_object('id', c.id, 'number', c.number, 'issued_at', c.issued_at) end as corrects,
      i.seller, i.buyer
    from oneai.invoices as i
      left join oneai.payments as p on p.id = i.payment_id
      left join oneai.invoices as c on c.id = i.corrects
    """


async def listed(person: Person, limit: int, cursor: str | None) -> InvoicePage:
    """A page of the person's invoices and credit notes. Raises InvalidRequest for a cursor that is not ours."""
    issued_at, last = (None, None) if cursor is None else _position(cursor)
    rows = await db.read_as(
        person,
        _SELECT
        + """
        where i.user_id = %s and (%s::timestamptz is null or (i.issued_at, i.id) < (%s, %s::uuid))
        order by i.issued_at desc, i.id desc limit %s
        """,
        [person.user_id, issued_at, issued_at, last, limit + 1],
        Invoice,
    )
    shown = rows[:limit]
    more = len(rows) > limit
    return InvoicePage(
        items=shown, next_cursor=cursors.encode(shown[-1].issued_at.isoformat(), str(shown[-1].id)) if more else None
    )


async def one(person: Person, id: UUID) -> Invoice:
    """One of the person's documents. Raises NotFound."""
    rows = await db.read_as(person, _SELECT + "where i.user_id = %s and i.id = %s", [person.user_id, id], Invoice)
    if not rows:
        raise NotFound
    return rows[0]


async def printed(person: Person, id: UUID) -> Pdf:
    """One of the person's documents as a PDF, the same bytes each time. Raises NotFound."""
    invoice = await one(person, id)
    from oneai.billing.documents import pdf

    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{invoice.kind} {invoice.number}")
    return Pdf(name=f"{name}.pdf", body=pdf.render(invoice))


def _position(cursor: str) -> tuple[datetime, UUID]:
    issued_at, last = cursors.decode(cursor, str, str)
    return cursors.moment(issued_at), cursors.read(UUID, last)
