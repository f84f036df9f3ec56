"""First charges at Stripe and Midtrans: their events, and what their APIs answer about them.

The stand-in of each provider makes one charge, and each subscriber gets a copy with other ids. So the bytes are those
of the stand-in, and a process that knows only a path can answer about any subscriber (`bench/provider_answers.py`).
"""

import hashlib
import json
import os
import re
import time
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from bench.stack import Stack
from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.requests import snap_request
from oneai.clients import stripe as client
from stand_ins import midtrans, stripe
from stand_ins.midtrans.keys import Keys
from stand_ins.payments.state import moment
from stand_ins.stripe import routes
from stand_ins.stripe.cards import OK
from stand_ins.stripe.form import parse
from stand_ins.stripe.keys import signature_header

# The id of the one charge, and the mark at the end of its other ids that a subscriber's id replaces.
_OURS, _MARK = UUID(int=7), "\x1a"
_IDS = re.compile(r"\b((?:cs_test|cus|sub|si|in|il|inpay|pi|ch|txn|pm|evt)_[0-9A-Za-z]{20,})\b")
_OWN = re.compile(r"z([0-9a-f]{32})")
# When the charge was made, for every process of a run.
CHARGED_AT = "ONEAI_BENCH_CHARGED_AT"
SERVER_KEY = midtrans.keys_of("")["MIDTRANS_SERVER_KEY"]
DOLLARS, RUPIAH = 900, 99_000
STRIPE_KINDS = (
    "customer.subscription.created",
    "payment_intent.succeeded",
    "invoice.paid",
    "customer.subscription.updated",
    "checkout.session.completed",
)
MIDTRANS_KINDS = ("pending", "settlement")


def _charged_at() -> int:
    """Seconds of the epoch, the same in all processes."""
    return int(os.environ.setdefault(CHARGED_AT, str(int(time.time()) - 60)))


def own(text: str, subscriber: str) -> str:
    """The text of the one charge as that of a subscriber, who is 32 hexadecimal digits."""
    marked = text.replace(_MARK, f"z{subscriber}").replace(str(_OURS), str(UUID(subscriber)))
    return marked.replace(_OURS.hex, subscriber)


def subscriber_of(path: str) -> str | None:
    """The subscriber that a path is about."""
    found = _OWN.search(path) or re.search(r"oneai-s-([0-9a-f]{32})", path)
    return found[1] if found else None


@dataclass(frozen=True)
class StripeCharge:
    """The one charge at Stripe: its events by kind, and its ids."""

    engine: stripe.Engine
    events: dict[str, str]
    session: str
    subscription: str
    invoice: str
    price: str

    @classmethod
    def live(cls) -> "StripeCharge":
        """A checkout that is paid with a card."""
        engine = stripe.Engine("bench", _charged_at())
        plan = {"currency": "usd", "unit_amount": DOLLARS, "recurring": {"interval": "month"}}
        price = _post(engine, "prices", {**plan, "product_data": {"name": "Pro"}})
        named = {"oneai_subscription": _OURS, "oneai_workspace": _OURS}
        session = _post(
            engine,
            "checkout/sessions",
            {
                "mode": "subscription",
                "success_url": "https://oneai.example",
                "line_items": [{"price": price["id"], "quantity": 1}],
                "metadata": named | {"oneai_price": price["id"], "oneai_quantity": 1},
                "subscription_data": {"metadata": named},
            },
        )
        engine.pay(session["id"], OK)
        events = {each.name: _marked(each.body) for each in engine.events}
        (subscription,) = engine.account.all("subscription").values()
        ids = (session["id"], subscription["id"], subscription["latest_invoice"], price["id"])
        return cls(engine, events, *(str(each) for each in ids))

    def answer(self, path: str, query: str) -> str:
        """What the API answers about the one charge. Raises what the stand-in raises."""
        found = routes.read(self.engine, path.removeprefix("/v1/").split("/"), parse(query))
        return _marked(json.dumps(found))


def _post(engine: stripe.Engine, path: str, form: dict[str, Any]) -> dict[str, Any]:
    return routes.write(engine, "POST", path.split("/"), parse(client.encode(form)))


def _marked(text: str) -> str:
    return _IDS.sub(lambda found: found[1] + _MARK, text)


def without_subscriber(path: str) -> str:
    """The same path for the one charge."""
    return re.sub(r"oneai-s-[0-9a-f]{32}", f"oneai-s-{_OURS.hex}", _OWN.sub("", path))


@dataclass(frozen=True)
class MidtransCharge:
    """The one payment at Midtrans: its two notifications, and its status at each."""

    notifications: dict[str, dict[str, Any]]
    statuses: dict[str, str]

    @classmethod
    def live(cls) -> "MidtransCharge":
        """A page that is paid by QRIS."""
        engine = midtrans.Engine("bench", keys=Keys(SERVER_KEY))
        engine.run_until(_charged_at())
        ref = references.page(references.of_subscription(_OURS), 1)
        at = moment(_charged_at())
        page = engine.open_page(dict(snap_request(ref, RUPIAH, "Pro, monthly", workspace_id=_OURS, at=at)))
        transaction = engine.choose(page.token, "gopay")
        own_id = {transaction.transaction_id: str(_OURS)}
        statuses = {"pending": _renamed(json.dumps(engine.shown(transaction)), own_id)}
        engine.pay(transaction.transaction_id)
        statuses["settlement"] = _renamed(json.dumps(engine.shown(transaction)), own_id)
        sent = [json.loads(_renamed(each.body, own_id)) for each in engine.events]
        return cls({each["transaction_status"]: each for each in sent}, statuses)


def _renamed(text: str, names: dict[str, str]) -> str:
    for before, after in names.items():
        text = text.replace(before, after)
    return text


class AtStripe:
    """Subscribers who paid Stripe's checkout, and its events."""

    name: str = "stripe"
    kinds: tuple[str, ...] = STRIPE_KINDS

    def __init__(self) -> None:
        self.charge = StripeCharge.live()

    def subscribers(self, running: Stack, count: int) -> list[str]:
        """Creates users with one unpaid checkout each."""
        people = [user.id for user in running.people(count)]
        refs = [f"{self.charge.session}z{each.hex}" for each in people]
        _save_subscriptions(running, _Price(self.name, self.charge.price, "USD", DOLLARS), people, refs)
        return [each.hex for each in people]

    def events_of_charge(self, subscriber: str) -> dict[str, bytes]:
        """The events of the first charge, by kind and in order."""
        return {kind: own(self.charge.events[kind], subscriber).encode() for kind in self.kinds}

    def headers(self, body: bytes) -> dict[str, str]:
        """A signature with the current time."""
        secret = stripe.keys_of("")["STRIPE_WEBHOOK_SECRET"]
        return {"stripe-signature": signature_header([secret], int(time.time()), body)}

    async def fetch_of(self, kind: str, subscriber: str) -> int:
        """Asks what the webhook has to ask after this event, and returns how many requests that were."""
        if kind not in ("invoice.paid", "checkout.session.completed"):
            return 0
        subscription = f"{self.charge.subscription}z{subscriber}"
        await client.get(f"/subscriptions/{subscription}")
        await client.get("/invoices", {"subscription": subscription, "limit": 100})
        expand = ["data.payment.payment_intent.latest_charge"]
        invoice = f"{self.charge.invoice}z{subscriber}"
        await client.get("/invoice_payments", {"invoice": invoice, "expand": expand, "limit": 100})
        return 3


class AtMidtrans:
    """Subscribers who paid a page of Snap, and its notifications."""

    name: str = "midtrans"
    kinds: tuple[str, ...] = MIDTRANS_KINDS

    def __init__(self) -> None:
        self.charge = MidtransCharge.live()

    def subscribers(self, running: Stack, count: int) -> list[str]:
        """Creates users with one unpaid page each."""
        people = [user.id for user in running.people(count)]
        refs = [references.of_subscription(each) for each in people]
        _save_subscriptions(running, _Price(self.name, f"pro.monthly.IDR.{RUPIAH}", "IDR", RUPIAH), people, refs)
        running.rows("update oneai.subscriptions set pages = 1 where id = any(%s)", people)
        return [each.hex for each in people]

    def events_of_charge(self, subscriber: str) -> dict[str, bytes]:
        """The notifications of a payment, by status and in order."""
        found = {}
        for kind in self.kinds:
            sent = json.loads(own(json.dumps(self.charge.notifications[kind]), subscriber))
            signed = f"{sent['order_id']}{sent['status_code']}{sent['gross_amount']}{SERVER_KEY}"
            sent["signature_key"] = hashlib.sha512(signed.encode()).hexdigest()
            found[kind] = json.dumps(sent).encode()
        return found

    def headers(self, body: bytes) -> dict[str, str]:  # noqa: ARG002  the signature is in the body
        """None."""
        return {}

    async def fetch_of(self, kind: str, subscriber: str) -> int:  # noqa: ARG002  every notification is asked about
        """Asks what the webhook has to ask after this notification, and returns how many requests that were."""
        from oneai.clients import midtrans as status_api

        await status_api.read_status(references.page(f"oneai-s-{subscriber}", 1))
        return 1


class _Price(NamedTuple):
    """A month of Pro at a provider."""

    provider: str
    plan: str
    currency: str
    amount: int


def _save_subscriptions(running: Stack, price: _Price, people: list[UUID], refs: list[str]) -> None:
    """One unpaid subscription for each of the people."""
    running.rows(
        "insert into oneai.prices (payment_provider, provider_plan_id, tier, period, currency, amount) "
        "values (%s, %s, 'pro', 'monthly', %s, %s) on conflict do nothing",
        *price,
    )
    running.rows(
        "insert into oneai.subscriptions (id, workspace_id, plan_id, status, payment_provider, provider_plan_id, "
        "currency, amount, period, provider_subscription_id, expires_at) "
        "select payer, payer, 'pro', 'none', %s, %s, %s, %s, 'monthly', ref, oneai.now() + interval '1 day' "
        "from unnest(%s::uuid[], %s::text[]) as opened (payer, ref)",
        *(*price, people, refs),
    )
