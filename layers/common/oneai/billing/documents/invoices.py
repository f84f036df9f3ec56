"""Invoices and credit notes as they were issued: list them, or get one, also as a PDF."""

import re
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.billing.facts import Currency
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Person


class Seller(BaseModel):
    """A seller, as printed on an invoice."""

    name: str = Field(description="The seller's legal name.")
    address: str = Field(default="", description="The seller's address.")
    state: str = Field(default="", description="The seller's state, such as `KA`.")
    gstin: str | None = Field(default=None, description="The seller's GSTIN.")
    lut: str | None = Field(default=None, description="The letter of undertaking under which exports are not taxed.")


class Buyer(BaseModel):
    """A payer, as printed on an invoice."""

    legal_name: str = Field(description="The payer's name.")
    address: str = Field(default="", description="The payer's address.")
    state: str = Field(default="", description="The payer's state, such as `KA`.")
    country: str = Field(default="", description="ISO 3166 alpha-2, such as `IN`.")
    gstin: str | None = Field(default=None, description="The payer's GSTIN.")


class Corrected(BaseModel):
    """The invoice that a credit note corrects."""

    id: UUID = Field(description="The invoice's id.")
    number: str = Field(description="The invoice's number.")
    issued_at: datetime = Field(description="When the invoice was issued.")


class Invoice(BaseModel):
    """An invoice or credit note as it was issued. All amounts are positive."""

    id: UUID = Field(description="The document's id.")
    kind: Literal["invoice", "credit_note"] = Field(description="A `credit_note` documents a refund.")
    number: str = Field(description="Its number in the seller's series, such as `INV/26-27/000042`.")
    issued_at: datetime = Field(description="When it was issued.")
    currency: Currency = Field(description="The currency of all its amounts.")
    total: int = Field(description="taxable + cgst + sgst + igst, in the currency's smallest unit (paise, cents).")
    taxable: int = Field(description="The amount before tax, in the smallest unit.")
    cgst: int = Field(description="Central GST, in the smallest unit.")
    sgst: int = Field(description="State GST, in the smallest unit.")
    igst: int = Field(description="Integrated GST, in the smallest unit.")
    tax_rate: int = Field(description="The rate of GST in hundredths of a percent: 1800 is 18 %.")
    sac: str = Field(description="The services accounting code of what was sold.")
    place_of_supply: str = Field(description="A state of India such as `KA`, or the country's code outside India.")
    description: str = Field(description="What was sold.")
    period_start: datetime | None = Field(description="The start of the period that was paid for.")
    period_end: datetime | None = Field(description="The end of the period that was paid for.")
    payment_reference: str | None = Field(description="The payment provider's id of the payment.")
    corrects: Corrected | None = Field(description="For a credit note, the invoice that it corrects; else null.")
    seller: Seller = Field(description="The seller at the time of issue.")
    buyer: Buyer = Field(description="The payer at the time of issue.")


class InvoicePage(BaseModel):
    """A page of invoices and credit notes."""

    items: list[Invoice] = Field(description="Invoices and credit notes, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class Pdf(BaseModel):
    """A printed document. `name` is safe as a file name and in a header."""

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


async def list_invoices(person: Person, limit: int, cursor: str | None) -> InvoicePage:
    """Returns a page of the user's invoices and credit notes. Raises InvalidRequest for an invalid cursor."""
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


async def find_invoice(person: Person, id: UUID) -> Invoice:
    """Returns one of the user's documents. Raises NotFound."""
    rows = await db.read_as(person, _SELECT + "where i.user_id = %s and i.id = %s", [person.user_id, id], Invoice)
    if not rows:
        raise NotFound
    return rows[0]


async def print_invoice(person: Person, id: UUID) -> Pdf:
    """Returns one of the user's documents as a PDF, with the same bytes each time. Raises NotFound."""
    invoice = await find_invoice(person, id)
    from oneai.billing.documents import pdf

    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{invoice.kind} {invoice.number}")
    return Pdf(name=f"{name}.pdf", body=pdf.render(invoice))


def _position(cursor: str) -> tuple[datetime, UUID]:
    issued_at, last = cursors.decode(cursor, str, str)
    return cursors.parse_time(issued_at), cursors.parse(UUID, last)
