"""The hosted page of a subscription, before and after paying."""

from html import escape
from urllib.parse import urlencode

from stand_ins.razorpay.periods import moment
from stand_ins.razorpay.state import JsonObject, SubscriptionRecord

METHODS = {
    "card": "Card issued in India",
    "foreign_card": "Card issued elsewhere",
    "upi": "UPI",
    "emandate": "Bank account (eMandate)",
}
_EVERY = {"daily": "days", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_STYLE = """
* { box-sizing: border-box }
body { font: 16px/24px system-ui, sans-serif; margin: 0; background: #f3f5f9; color: #1c2333 }
main { max-width: 26rem; margin: 3rem auto; background: #fff; border-radius: 14px; overflow: hidden;
  box-shadow: 0 8px 30px rgb(23 43 99 / 12%) }
header { background: #1f3d8f; color: #fff; padding: 1.5rem 1.75rem }
header p { margin: 0; opacity: .85 } header h1 { margin: .15rem 0 0; font-size: 1.9rem; line-height: 2.3rem }
header small { opacity: .85; font-size: .85rem }
section { padding: 1.25rem 1.75rem 1.75rem }
.notice { background: #fff4d6; color: #6b4b00; padding: .5rem 1.75rem; font-size: .85rem }
fieldset { border: 0; padding: 0; margin: 0 0 1rem } legend { font-weight: 600; margin-bottom: .4rem }
label { display: flex; gap: .6rem; align-items: center; padding: .55rem .7rem; border: 1px solid #d8deea;
  border-radius: 8px; margin-bottom: .4rem; cursor: pointer }
label:has(:checked) { border-color: #1f3d8f; background: #eef2fd }
input[type=text] { width: 100%; padding: .55rem .7rem; border: 1px solid #d8deea; border-radius: 8px; font: inherit }
.given { display: block; border: 0; padding: 0; cursor: auto; font-size: .85rem; color: #5b6579 }
.given input { margin-top: .2rem; color: #1c2333 }
button { width: 100%; padding: .75rem; border-radius: 8px; border: 0; font: inherit; font-weight: 600; cursor: pointer }
.pay { background: #1f3d8f; color: #fff } .fail { background: none; color: #b3261e; margin-top: .35rem }
.back { display: block; text-align: center; padding: .75rem; border-radius: 8px; color: #1f3d8f; font-weight: 600 }
.back.pay { color: #fff; text-decoration: none }
.bad { color: #b3261e } .good { color: #14713d }
"""


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
    return shell("<section><h2>There is no such page.</h2></section>")


def money(amount: int, currency: str) -> str:
    """`₹1,234.50`, with Indian digit groups for rupees."""
    whole, rest = divmod(amount, 100)
    text = f"{whole:,}"
    if currency == "INR" and whole >= 100_000:
        head, tail = str(whole)[:-3], str(whole)[-3:]
        groups = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
        text = ",".join([*reversed(groups), tail])
    return f"{ {'INR': '₹', 'USD': '$'}.get(currency, currency + ' ') }{text}.{rest:02}"


def paid(done: str, proof: dict[str, str], return_to: str | None) -> str:
    """What the checkout gives the frontend, and the link back with it."""
    fields = "".join(
        f'<label class="given">{name}<input type="text" readonly name="{name}" value="{escape(value)}"></label>'
        for name, value in proof.items()
    )
    link = back(return_to, proof, "Continue to OneAI", "back pay") or "<p>You can go back to OneAI now.</p>"
    return f'<h2 class="good">✓ {done}</h2>{link}{fields}'


def form(heading: str, amount: int, currency: str) -> str:
    """The form that posts `method`, `instrument` and `outcome`."""
    methods = "".join(
        f'<label><input type="radio" name="method" value="{value}"{" checked" * (value == "card")}>{name}</label>'
        for value, name in METHODS.items()
    )
    return f"""<p>{heading}</p><form method="post">
<fieldset><legend>Pay with</legend>{methods}</fieldset>
<p><label class="given">Card number or UPI address (any; the same again is the same card or account)
<input type="text" name="instrument" maxlength="40" placeholder="4111 1111 1111 1111"></label></p>
<button class="pay" name="outcome" value="ok">Pay {money(amount, currency)}</button>
<button class="fail" name="outcome" value="fail">Let this payment fail</button>
</form>"""


def _nothing_to_pay(record: SubscriptionRecord) -> str:
    until = record.entity["current_end"]
    more = f" Paid until {moment(until):%d %B %Y, %H:%M} UTC." if until and record.status == "active" else ""
    return f"<h2>This subscription is {escape(record.status)}.</h2><p>There is nothing to pay here.{more}</p>"


def back(return_to: str | None, fields: dict[str, str], text: str, look: str = "back") -> str:
    """A link to where the checkout began, with `fields` in its fragment; empty without one."""
    if return_to is None:
        return ""
    return f'<a class="{look}" href="{escape(return_to)}#{escape(urlencode(fields))}">{text}</a>'


def problem_heading(problem: str | None) -> str:
    """Why the last payment failed; empty if none did."""
    return "" if problem is None else f'<h2 class="bad">✗ {escape(problem)}</h2>'


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
    return shell(
        f"<header><p>{escape(name)}</p><h1>{price}</h1><small>{terms}</small></header>"
        '<div class="notice">Test mode: this is a stand-in for Razorpay. No money moves.</div>'
        f"<section>{body}<p><small>{escape(id)}</small></p></section>"
    )


def shell(content: str) -> str:
    """The document around `content`."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><title>Subscription</title>'
        f"<style>{_STYLE}</style></head><body><main>{content}</main></body></html>"
    )
