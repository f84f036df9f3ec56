"""One user who pays several providers in turn: Razorpay, Stripe and Midtrans, each lived by its stand-in's engine."""

import random
from typing import Any
from uuid import uuid5

from oneai.billing.providers.midtrans import references
from oneai.billing.providers.midtrans.requests import snap_request
from oneai.clients import stripe as client
from stand_ins import midtrans, stripe
from stand_ins.midtrans.account import Transaction
from stand_ins.midtrans.keys import Keys
from stand_ins.payments.state import JsonObject, moment
from stand_ins.stripe import catalogue, routes
from stand_ins.stripe.form import parse
from tests.billing.any_order.scenario import OURS, PLANS, START, BillingScenario, OurCredits, Ours, SentEvent

SERVER_KEY = midtrans.keys_of("")["MIDTRANS_SERVER_KEY"]


class MixedScenario(BillingScenario):
    """One user, what they pay at each provider, and when each provider says so."""

    def __init__(self, history: str, seed: str, until: int | None = None) -> None:
        super().__init__(history, seed, until)
        self.stripe = stripe.Engine(f"{seed} at Stripe", START)
        self.midtrans = midtrans.Engine(f"{seed} at Midtrans", keys=Keys(SERVER_KEY))
        self.midtrans.run_until(START)
        # A card that pays, and is no other user's: what one of them does is not held against the others.
        self.card = f"4{random.Random(seed).randrange(10**15):015}"
        for (provider, tier, _, currency), (amount, plan_ref) in PLANS.items():
            if provider == "stripe":
                form = {
                    "currency": currency.lower(),
                    "unit_amount": amount,
                    "recurring": {"interval": "month"},
                    "product_data": {"name": tier},
                }
                catalogue.price(self.stripe.account, parse(client.encode(form)), plan_ref)

    @property
    def events(self) -> list[SentEvent]:
        """All that the providers say, in the order in which it happened."""
        there = [SentEvent("stripe", each) for each in self.stripe.events]
        there += [SentEvent("midtrans", each) for each in self.midtrans.events]
        return sorted([*super().events, *there], key=lambda each: each.created_at)

    @property
    def refunds(self) -> list[tuple[str, str]]:
        """The provider and its ref of each refund, as our facts have them."""
        there = [("stripe", ref) for ref in self.stripe.account.all("refund")]
        for each in self.midtrans.account.transactions.values():
            there += [("midtrans", f"{each.transaction_id}:{refund['key']}") for refund in each.refunds]
        return super().refunds + there

    def events_of(self, row: Ours) -> list[SentEvent]:
        """What its provider says of a subscription: at Midtrans of each of its pages."""
        match row.payment_provider:
            case "stripe":
                return [each for each in self.events if each.event.subscription_id == self.started(row)]
            case "midtrans":
                pages = [references.page(row.ref, number + 1) for number in range(len(row.pages))]
                return [each for each in self.events if each.event.subscription_id in pages]
        return super().events_of(row)

    @property
    def things(self) -> dict[str, list[str]]:
        """The providers' ids of all that there is, by kind."""
        found = super().things
        found |= {f"{kind} at Stripe": list(ids) for kind, ids in self.stripe.account.objects.items()}
        found["transaction"] = list(self.midtrans.account.transactions)
        return found | {"order at Midtrans": [each.order_id for each in self.midtrans.account.pages.values()]}

    def open_at_stripe(self, *, replaces: Ours | None = None, start: int | None = None) -> Ours:
        """A Checkout Session of Pro in dollars; `start` is its first charge."""
        amount, plan_ref = PLANS["stripe", "pro", "monthly", "USD"]
        ours = uuid5(OURS, f"{self.seed}:{len(self.rows)}")
        named: JsonObject = {"oneai_subscription": ours, "oneai_workspace": self.user_id}
        begins: JsonObject = {}
        if start is not None:
            named["oneai_starts"] = start
            begins = {"trial_end": start, "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}}}
        session = self._post(
            "checkout/sessions",
            {
                "mode": "subscription",
                "success_url": "https://oneai.example",
                "line_items": [{"price": plan_ref, "quantity": 1}],
                "metadata": named | {"oneai_price": plan_ref, "oneai_quantity": 1},
                "subscription_data": {"metadata": named, **begins},
            },
        )
        return self._keep(
            Ours(
                *(ours, str(session["id"]), plan_ref, "pro", "monthly", "USD", amount, moment(self.now)),
                replaces=replaces.id if replaces is not None else None,
                start_at=None if start is None else moment(start),
                payment_provider="stripe",
            )
        )

    def pay_at_stripe(self, row: Ours | OurCredits) -> None:
        """On Stripe's page."""
        self.stripe.pay(row.ref, self.card)

    def cancel_at_stripe(self, row: Ours, *, at_end: bool) -> None:
        """The user's own request, passed on to Stripe."""
        at, started = moment(self.now), self.started(row)
        if at_end:
            row.cancel_requested_at = at
            self.stripe.cancel_at_period_end(started)
        else:
            row.access_ends_at = at
            self.stripe.cancel_now(started)

    def started(self, row: Ours) -> str:
        """The subscription that a paid checkout made."""
        return str(self.stripe.session(row.ref)["subscription"])

    @property
    def last_payment_at_stripe(self) -> str:
        """The newest payment that succeeded there."""
        intents = self.stripe.account.all("payment_intent").values()
        return str([each["id"] for each in intents if each["status"] == "succeeded"][-1])

    def open_at_midtrans(self, *, replaces: Ours | None = None) -> Ours:
        """A page for thirty days of Pro in rupiah."""
        amount, plan_ref = PLANS["midtrans", "pro", "monthly", "IDR"]
        ours = uuid5(OURS, f"{self.seed}:{len(self.rows)}")
        row = Ours(
            *(ours, references.of_subscription(ours), plan_ref, "pro", "monthly", "IDR", amount, moment(self.now)),
            replaces=replaces.id if replaces is not None else None,
            payment_provider="midtrans",
        )
        self.open_page(row)
        return self._keep(row)

    def open_page(self, row: Ours) -> None:
        """One more page, for the next period."""
        row.pages.append(moment(self.now))
        ref = references.page(row.ref, len(row.pages))
        self._open_page(ref, row.amount)

    def pay_at_midtrans(self, row: Ours, method: str = "gopay") -> Transaction:
        """Its newest page is paid."""
        return self._pay_page(references.page(row.ref, len(row.pages)), method)

    def order_credits_at_stripe(self, dollars: int, amount: int) -> OurCredits:
        """A Checkout Session for credits."""
        named = {"oneai_order": f"Prepaid credits, USD {dollars}", "oneai_workspace": self.user_id}
        price = {"currency": "usd", "unit_amount": amount, "product_data": {"name": "Credits"}}
        session = self._post(
            "checkout/sessions",
            {
                "mode": "payment",
                "success_url": "https://oneai.example",
                "line_items": [{"price_data": price, "quantity": 1}],
                "metadata": named,
                "payment_intent_data": {"metadata": named},
            },
        )
        self.orders.append(("stripe", str(session["id"])))
        return self._keep_credits(dollars, amount, "USD")

    def order_credits_at_midtrans(self, dollars: int, amount: int) -> OurCredits:
        """A page for credits."""
        ref = references.of_order(uuid5(OURS, f"{self.seed}: order {len(self.orders)}"))
        self._open_page(ref, amount, f"Prepaid credits, USD {dollars}")
        self.orders.append(("midtrans", ref))
        return self._keep_credits(dollars, amount, "IDR")

    def pay_credits_at_midtrans(self, row: OurCredits, method: str = "gopay") -> Transaction:
        """Its page is paid."""
        return self._pay_page(row.ref, method)

    def _run_until(self, now: int) -> None:
        super()._run_until(now)
        self.stripe.run_until(now)
        self.midtrans.run_until(now)

    def _open_page(self, ref: str, amount: int, text: str = "Pro, monthly") -> None:
        self.midtrans.open_page(dict(snap_request(ref, amount, text, workspace_id=self.user_id, at=moment(self.now))))

    def _pay_page(self, order_id: str, method: str) -> Transaction:
        (page,) = [each for each in self.midtrans.account.pages.values() if each.order_id == order_id]
        return self.midtrans.pay(self.midtrans.choose(page.token, method).transaction_id)

    def _post(self, path: str, form: dict[str, Any]) -> JsonObject:
        return routes.write(self.stripe, "POST", path.split("/"), parse(client.encode(form)))
