"""Snap's payment page, before and after a method is chosen, and GoPay's app."""

from html import escape
from urllib.parse import urlencode, urlsplit, urlunsplit

from stand_ins.midtrans.account import Page, Transaction, local_time
from stand_ins.midtrans.engine import PAID, Engine
from stand_ins.midtrans.entities import numbers
from stand_ins.midtrans.methods import METHODS
from stand_ins.payments.page import Brand, choice, given, page_of, problem_heading, shell

_PAY_WITH = "Bayar dengan / Pay with"
BRAND = Brand("Midtrans", "#0f6b5c")


def show(engine: Engine, page: Page, transaction: Transaction | None) -> str:
    """The page: methods to choose, what to do with the chosen one, or its outcome."""
    if transaction is None and engine.now >= page.expires_at:
        body = problem_heading("This payment page has expired.")
    elif transaction is None:
        options = {name: escape(each.name) for name, each in METHODS.items()}
        body = f'<form method="post">{choice(_PAY_WITH, "method", options)}{_button("Lanjut / Next")}</form>'
    else:
        body = _of_transaction(engine, transaction)
    name = "; ".join(str(each.get("name")) for each in page.request.get("item_details") or []) or "Order"
    return page_of(BRAND, name, money(page.amount), "sekali / once", body=body + _leave(page), id=page.order_id)


def money(amount: int) -> str:
    """`Rp 99.000`."""
    return f"Rp {amount:,}".replace(",", ".")


def finish(page: Page, transaction: Transaction | None) -> str:
    """Where the payer goes back to, with what Snap says of the payment, which proves nothing."""
    callbacks = page.request.get("callbacks") or {}
    parts = urlsplit(str(callbacks.get("finish") or "https://example.com/"))
    status = "pending" if transaction is None else transaction.status
    code = "200" if status in PAID else "201"
    said = urlencode({"order_id": page.order_id, "status_code": code, "transaction_status": status})
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, said]))))


def gopay(transaction: Transaction) -> str:
    """GoPay's app: the PIN page that a deep link opens."""
    paid = transaction.status in PAID
    body = '<h2 class="good">✓ Pembayaran berhasil / Paid</h2>' if paid else _pay_form("Bayar / Pay")
    return page_of(BRAND, "GoPay", money(transaction.amount), "", body=body, id=transaction.order_id)


def problem(text: str) -> str:
    """The page of an unknown address, or of what was refused."""
    return shell(f"<section>{problem_heading(text)}</section>", BRAND, "Midtrans")


def qris_content(transaction: Transaction) -> str:
    """The text of a transaction's QRIS code."""
    return f"00020101021226QRIS{transaction.transaction_id.replace('-', '').upper()}5303360540{transaction.amount}"


def _of_transaction(engine: Engine, transaction: Transaction) -> str:
    method = METHODS[transaction.method]
    if transaction.status in PAID:
        waits = transaction.fraud_status == "challenge"
        return '<h2 class="good">✓ Pembayaran berhasil / Paid</h2>' if not waits else "<h2>Under review</h2>"
    if transaction.status != "pending":
        return problem_heading(f"This payment is over: {transaction.status}.")
    until = f"<p>Bayar sebelum / Pay before {local_time(transaction.expires_at)} WIB</p>"
    address = engine.account.address
    match method.payment_type:
        case "qris":
            picture = f"{address}/v2/qris/{transaction.transaction_id}/qr-code"
            how = f'<p><img src="{escape(picture)}" alt="QRIS" width="220" height="220"></p>'
        case "gopay":
            link = f"{escape(address)}/gopay/{transaction.transaction_id}"
            how = f'<a class="back pay" href="{link}">Buka GoPay / Open GoPay</a>'
        case _:
            how = given({name: str(value) for name, value in _flat(numbers(transaction)).items()})
    challenge = '<button class="fail" name="outcome" value="challenge">Let it be reviewed</button>'
    return f"<h2>{escape(method.name)}</h2>{until}{how}" + _pay_form(
        "Bayar / Pay", challenge if method.payment_type == "credit_card" else ""
    )


def _flat(shown: dict[str, object]) -> dict[str, object]:
    listed = shown.get("va_numbers")
    return dict(listed[0]) if isinstance(listed, list) else shown


def _pay_form(text: str, more: str = "") -> str:
    fail = '<button class="fail" name="outcome" value="fail">Let this payment fail</button>'
    return f'<form method="post">{_button(text, "pay")}{more}{fail}</form>'


def _leave(page: Page) -> str:
    if not (page.request.get("callbacks") or {}).get("finish"):
        return ""
    return (
        '<form method="post"><button class="fail" name="outcome" value="leave">Kembali / Back to OneAI</button></form>'
    )


def _button(text: str, value: str = "") -> str:
    named = f' name="outcome" value="{value}"' if value else ""
    return f'<button class="pay"{named}>{text}</button>'
