"""The hosted page of a subscription, before and after paying."""

from html import escape

from stand_ins.payments import page
from stand_ins.payments.page import back, choice, given, money, problem_heading
from stand_ins.payments.state import JsonObject, moment
from stand_ins.razorpay.state import SubscriptionRecord

METHODS = {
    "card": "Card issued in India",
    "foreign_card": "Card issued elsewhere",
    "upi": "UPI",
    "emandate": "Bank account (eMandate)",
}
_EVERY = {"daily": "days", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_BRAND = page.Brand("Razorpay", "#1f3d8f")


def payment_page(
    record: SubscriptionRecord, plan: JsonObject, amount: int, problem: str | None = None, return_to: str | None = None
) -> str:
    """The page: a form while something is to be paid, else the status. `return_to` is where a checkout began: a link
    leads back, and says whether a payment failed (`#failed=…`) or was not tried (`#closed=`)."""
    entity = record.entity
    payable = record.status in ("created", "pending", "halted")
    headings = {
        "created": "Subscribe" if entity["start_at"] is None else "Authorize, to be charged later",
        "pending": "Your last payment failed. Pay now to keep your subscription.",
        "halted": "Your subscription stands still. Pay the open invoice to go on.",
    }
    body = form(headings[record.status], amount, plan["item"]["currency"]) if payable else _nothing_to_pay(record)
    outcome = {"closed": ""} if problem is None else {"failed": problem}
    return _page(plan, entity, f"{problem_heading(problem)}{body}{back(return_to, outcome, 'Back to OneAI')}")


def receipt(
    record: SubscriptionRecord, plan: JsonObject, payment_id: str, signature: str, return_to: str | None = None
) -> str:
    """After a payment: what the checkout gives the frontend, which posts it to `/subscription/verify`. The link to
    `return_to` has it in its fragment."""
    done = "Payment successful" if record.entity["paid_count"] else "Authorized"
    proof = {"razorpay_payment_id": payment_id, "razorpay_subscription_id": str(record.entity["id"])}
    return _page(plan, record.entity, paid(done, proof | {"razorpay_signature": signature}, return_to))


def not_found() -> str:
    """The page of an unknown address."""
    return page.shell("<section><h2>There is no such page.</h2></section>", _BRAND)


def paid(done: str, proof: dict[str, str], return_to: str | None) -> str:
    """What the checkout gives the frontend, and the link back with it."""
    link = back(return_to, proof, "Continue to OneAI", "back pay") or "<p>You can go back to OneAI now.</p>"
    return f'<h2 class="good">✓ {done}</h2>{link}{given(proof)}'


def form(heading: str, amount: int, currency: str) -> str:
    """The form that posts `method`, `instrument` and `outcome`."""
    return f"""<p>{heading}</p><form method="post">
{choice("Pay with", "method", METHODS)}
<p><label class="given">Card number or UPI address (any; the same again is the same card or account)
<input type="text" name="instrument" maxlength="40" placeholder="4111 1111 1111 1111"></label></p>
<button class="pay" name="outcome" value="ok">Pay {money(amount, currency)}</button>
<button class="fail" name="outcome" value="fail">Let this payment fail</button>
</form>"""


def _nothing_to_pay(record: SubscriptionRecord) -> str:
    until = record.entity["current_end"]
    more = f" Paid until {moment(until):%d %B %Y, %H:%M} UTC." if until and record.status == "active" else ""
    return f"<h2>This subscription is {escape(record.status)}.</h2><p>There is nothing to pay here.{more}</p>"


def _page(plan: JsonObject, entity: JsonObject, body: str) -> str:
    item = plan["item"]
    price = money(item["amount"] * entity["quantity"], item["currency"])
    every = _EVERY[plan["period"]] if plan["interval"] == 1 else f"{plan['interval']} {_EVERY[plan['period']]}s"
    start = entity["start_at"]
    later = start is not None and entity["status"] in ("created", "authenticated")
    first = f" · first charge {moment(start):%d %B %Y}" if later else ""
    return page_of(item["name"], price, f"every {every}{first}", body, entity["id"])


def page_of(name: str, price: str, terms: str, body: str, id: str) -> str:
    """The page of what is paid: its name, price and terms above `body`."""
    return page.page_of(_BRAND, name, price, terms, body=body, id=id)
