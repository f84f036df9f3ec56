"""The issued invoices and credit notes of a user: lists them, and gets one, also as a PDF."""

import re
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.billing.invoices.invoice import Invoice
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal


class InvoicePage(BaseModel):
    """A page of invoices and credit notes."""

    items: list[Invoice] = Field(description="Invoices and credit notes, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class Pdf(BaseModel):
    """A printed document. `name` is safe as a file name and in a header."""

    name: str
    body: bytes


_SELECT = """
    select i.id, i.kind, i.form, i.number, i.issued_at, i.currency, i.total, i.taxable, i.cgst, i.sgst, i.igst,
      i.other_tax, i.tax_lines, i.tax_rate, i.sac, i.place_of_supply, i.description, i.period_start, i.period_end,
      p.provider_payment_id as payment_reference,
      case when c.id is not null then
        jsonb_build_object('id', c.id, 'number', c.number, 'issued_at', c.issued_at) end as corrects,
      i.withdrawn_at, i.seller, i.buyer
    from oneai.invoices as i
      left join oneai.payments as p on p.id = i.payment_id
      left join oneai.invoices as c on c.id = i.corrects
    """


async def list_invoices(principal: Principal, limit: int, cursor: str | None) -> InvoicePage:
    """Returns a page of the user's invoices and credit notes. Raises InvalidRequest for an invalid cursor."""
    issued_at, last = (None, None) if cursor is None else _position(cursor)
    rows = await db.read_as(
        principal,
        _SELECT
        + """
        where i.workspace_id = %s and (%s::timestamptz is null or (i.issued_at, i.id) < (%s, %s::uuid))
        order by i.issued_at desc, i.id desc limit %s
        """,
        [principal.workspace_id, issued_at, issued_at, last, limit + 1],
        Invoice,
    )
    shown = rows[:limit]
    more = len(rows) > limit
    return InvoicePage(
        items=shown, next_cursor=cursors.encode(shown[-1].issued_at.isoformat(), str(shown[-1].id)) if more else None
    )


async def find_invoice(principal: Principal, id: UUID) -> Invoice:
    """Returns a document of a workspace that the user manages. Raises NotFound."""
    rows = await db.read_as(
        principal,
        _SELECT + "where i.id = %s and i.workspace_id = any (array(select oneai.my_managed_workspaces()))",
        [id],
        Invoice,
    )
    if not rows:
        raise NotFound
    return rows[0]


async def print_invoice(principal: Principal, id: UUID) -> Pdf:
    """Returns one of the user's documents as a PDF, with the same bytes each time. Raises NotFound."""
    invoice = await find_invoice(principal, id)
    from oneai.billing.invoices import pdf

    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{invoice.kind} {invoice.number}")
    return Pdf(name=f"{name}.pdf", body=pdf.render(invoice))


def _position(cursor: str) -> tuple[datetime, UUID]:
    issued_at, last = cursors.decode(cursor, str, str)
    return cursors.parse_time(issued_at), cursors.parse(UUID, last)
