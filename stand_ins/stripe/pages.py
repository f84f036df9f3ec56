"""Stripe's pages as HTML."""

from html import escape

from stand_ins.payments import page
from stand_ins.payments.state import JsonObject, moment
from stand_ins.stripe.cards import CHOICES, OK
from stand_ins.stripe.checkout import asked_of

_BRAND = page.Brand("Stripe", "#4b3fd1")
_ZERO_DECIMAL = {"jpy", "krw", "vnd"}


def number_in(form: dict[str, str]) -> str:
    """The number that was typed, or that of the card that was chosen."""
    typed = "".join(each for each in form.get("number", "") if each.isalnum())
    return typed or form.get("card", OK)


def checkout(session: JsonObject, problem: str | None = None) -> str:
    """The page of an open session."""
    asked = asked_of(session)
    price, quantity = asked["price"], asked["quantity"]
    every = f"every {price['recurring']['interval']}" if price["recurring"] else "once"
    begins = asked.get("begins")
    if begins:
        every += f" · first charge {moment(begins):%d %B %Y}"
    amount = _money(price["unit_amount"] * quantity, price["currency"])
    name = f"{quantity} × {asked['name']}" if quantity > 1 else asked["name"]
    cancel = f'<a class="back" href="{escape(session["cancel_url"])}">Back</a>' if session["cancel_url"] else ""
    body = page.problem_heading(problem) + _card_form(f"Pay {amount}" if not begins else "Subscribe") + cancel
    return page.page_of(_BRAND, name, amount, every, body=body, id=session["id"])


def authentication(intent: JsonObject) -> str:
    """The page of the payer's bank."""
    amount = _money(intent["amount"], intent["currency"])
    body = """<form method="post"><button class="pay" name="outcome" value="ok">Confirm this payment</button>
<button class="fail" name="outcome" value="fail">Do not confirm it</button></form>"""
    return page.page_of(_BRAND, "Your bank asks you", amount, "3-D Secure", body=body, id=intent["id"])


def invoice(invoice: JsonObject, problem: str | None = None) -> str:
    """The page of an invoice."""
    amount = _money(invoice["amount_due"], invoice["currency"])
    body = page.problem_heading(problem)
    body += _card_form(f"Pay {amount}") if invoice["status"] == "open" else f"<h2>It is {invoice['status']}.</h2>"
    return page.page_of(_BRAND, f"Invoice {invoice['number']}", amount, "once", body=body, id=invoice["id"])


def portal(portal: JsonObject, subscriptions: list[tuple[str, JsonObject]]) -> str:
    """The page of the customer portal. Each subscription has its product's name first."""
    rows = "".join(_subscription(*each) for each in reversed(subscriptions))
    back = f'<a class="back" href="{escape(portal["return_url"])}">Return</a>' if portal["return_url"] else ""
    body = f"{rows}<h2>Another card</h2>{_card_form('Save this card')}{back}"
    return page.page_of(_BRAND, "Your subscriptions", "Customer portal", "", body=body, id=portal["id"])


def home(checkouts: list[JsonObject], subscriptions: list[JsonObject], portals: dict[str, str]) -> str:
    """The page of the stand-in. `portals`: an address for each subscription."""
    to_pay = "".join(f'<p><a href="{escape(each["url"])}">{escape(each["id"][:24])}…</a></p>' for each in checkouts)
    listed = "".join(
        f'<p><a href="{escape(portals[each["id"]])}">{escape(each["id"])}</a>: {escape(each["status"])}</p>'
        for each in reversed(subscriptions)
    )
    body = f"<h2>Checkouts to pay</h2>{to_pay or '<p>None.</p>'}<h2>Subscriptions</h2>{listed or '<p>None.</p>'}"
    return page.page_of(_BRAND, "OneAI", "Stripe", "local stand-in", body=body, id="")


def message(text: str) -> str:
    """A page with one sentence."""
    return page.shell(f"<section><h2>{escape(text)}</h2></section>", _BRAND, "Stripe")


def _subscription(name: str, subscription: JsonObject) -> str:
    item = subscription["items"]["data"][0]
    until = f"{moment(item['current_period_end']):%d %B %Y}"
    state = f"ends on {until}" if subscription["cancel_at_period_end"] else f"renews on {until}"
    if subscription["status"] in ("canceled", "incomplete_expired"):
        state = "has ended"
    amount = _money(item["price"]["unit_amount"] * item["quantity"], item["price"]["currency"])
    cancel = f'<button class="fail" name="cancel" value="{subscription["id"]}">Cancel it then</button>'
    button = f'<form method="post">{cancel}</form>' if state.startswith("renews") else ""
    return f"<p>{escape(name)}, {amount}: {state}</p>{button}"


def _card_form(button: str) -> str:
    return f"""<form method="post">{page.choice("Pay with", "card", CHOICES)}
<p><label class="given">Another number (the same again is the same card)
<input type="text" name="number" maxlength="40" placeholder="4111 1111 1111 1111"></label></p>
<button class="pay">{button}</button></form>"""


def _money(amount: int, currency: str) -> str:
    return page.money(amount, currency.upper(), 0 if currency in _ZERO_DECIMAL else 2)
