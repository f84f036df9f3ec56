"""Documents of tests: paid for, issued by the database, and read back from paper."""

import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb
from pypdf import PdfReader

from oneai.billing.invoices import pdf
from oneai.billing.invoices.invoice import Invoice
from tests.world import Database

SELLER = {
    "name": "OneAI Technologies Private Limited",
    "address": "4th Floor, 12 Church Street\nBengaluru 560001",
    "state": "KA",
    "gstin": "29ABCDE1234F1ZW",
    "lut": None,
}
ASHA = {"legal_name": "Asha Rao", "address": "22 MG Road\nBengaluru 560038", "state": "KA", "country": "IN"}
TERMS = {"rate": 1800, "export_rate": 0, "sac": "998315", "description": "OneAI Pro, monthly", "seller": SELLER}


def tell(database: Database, user: UUID, **details: str) -> None:
    """Billing details, put behind the API's back."""
    customer = {**ASHA, **details}
    database.rows(
        "select oneai.put_billing_details(%s, %s, %s, %s, %s, %s, %s)",
        *(
            user,
            user,
            customer["legal_name"],
            customer["address"],
            customer["state"],
            customer["country"],
            customer.get("gstin"),
        ),
    )


def issue(database: Database, user: UUID, amount: int = 236000, currency: str = "INR", **terms: Any) -> UUID:
    """A user has paid; their invoice."""
    payment = database.one(
        "insert into oneai.payments (workspace_id, payment_provider, provider_payment_id, amount, currency, status, "
        "captured_at, period_start, period_end) values (%s, 'razorpay', %s, %s, %s, 'captured', oneai.now(), "
        "'2026-11-21T18:30:00Z', '2026-12-21T18:30:00Z') returning id",
        *(user, f"pay_{uuid4().hex[:14]}", amount, currency),
    )
    issued: UUID = database.one("select oneai.issue_invoice(%s, %s)", payment, Jsonb(TERMS | terms))
    return issued


def give_back(database: Database, invoice: UUID, amount: int) -> UUID:
    """A part of it is refunded; the credit note."""
    refund = database.one(
        "insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at) "
        "select payment_id, 'razorpay', %s, %s, 'processed', oneai.now() from oneai.invoices where id = %s "
        "returning id",
        *(f"rfnd_{uuid4().hex[:14]}", amount, invoice),
    )
    note: UUID = database.one("select oneai.issue_credit_note(%s)", refund)
    return note


def document(**fields: Any) -> Invoice:
    """An invoice of ours as the API has it; `seller` and `buyer` name only what is different."""
    usual: dict[str, Any] = {
        "id": UUID(int=1),
        "kind": "invoice",
        "number": "INV/26-27/000042",
        "issued_at": datetime(2026, 11, 21, 19, 30, tzinfo=UTC),
        "currency": "INR",
        "total": 236000,
        "taxable": 200000,
        "cgst": 18000,
        "sgst": 18000,
        "igst": 0,
        "tax_rate": 1800,
        "sac": "998315",
        "place_of_supply": "KA",
        "description": "OneAI Pro, monthly",
        "period_start": datetime(2026, 11, 21, 18, 30, tzinfo=UTC),
        "period_end": datetime(2026, 12, 21, 18, 30, tzinfo=UTC),
        "payment_reference": "pay_DESlfW9H8K9uqM",
        "corrects": None,
    }
    parties = {"seller": SELLER | fields.pop("seller", {}), "buyer": ASHA | fields.pop("buyer", {})}
    return Invoice.model_validate(usual | fields | parties)


def read(paper: bytes) -> str:
    """The text of a PDF, page by page."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)


def printed(**fields: Any) -> str:
    """The text of a document of ours as a PDF."""
    return read(pdf.render(document(**fields)))
