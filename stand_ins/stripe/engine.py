"""Stripe as a state machine with an explicit clock and no I/O: call it, advance it, read its events.

Everything happens at `now`, which only `run_until` moves. The same calls give the same ids and the same bytes.
"""

from stand_ins.payments.state import Event, JsonObject
from stand_ins.stripe import checkout, invoices, payments, refunds, subscriptions
from stand_ins.stripe.events import emit
from stand_ins.stripe.refusals import ApiError
from stand_ins.stripe.state import Account


class Engine:
    """One account. Times are seconds of the epoch; methods raise ApiError where Stripe answers with an error."""

    def __init__(self, seed: str = "local", now: int = 0, account: Account | None = None) -> None:
        self.account = account or Account(seed, now)

    @property
    def now(self) -> int:
        """The current time."""
        return self.account.now

    @property
    def events(self) -> list[Event]:
        """New events, oldest first."""
        return self.account.events

    def run_until(self, now: int) -> None:
        """Advances the time. Due events happen in order."""
        account = self.account
        while account.due:
            entity_id, at = min(account.due.items(), key=lambda each: each[1])
            if at > now:
                break
            account.now = max(account.now, at)
            self._process(entity_id)
        account.now = max(account.now, now)

    def _process(self, entity_id: str) -> None:
        account = self.account
        entity = account.find(entity_id)
        assert entity is not None  # noqa: S101  nothing is deleted
        account.due.pop(entity_id)
        match entity["object"]:
            case "checkout.session":
                checkout.expire(account, entity)
            case "subscription":
                subscriptions.due(account, entity)
            case "invoice":
                subscriptions.charge(account, entity)
            case "payment_intent":
                self.settle(entity, ok=True)
            case "refund":
                refunds.due(account, entity)

    def settle(self, intent: JsonObject, *, ok: bool) -> None:
        """A debit that is processing succeeds or fails."""
        payments.settle(self.account, intent, ok=ok)
        invoice = invoices.invoice_of(self.account, intent)
        if invoice is not None:
            outcome: payments.Outcome = "succeeded" if ok else "failed"
            invoices.conclude(self.account, invoice, outcome)
            subscriptions.concluded(self.account, invoice, outcome)
        checkout.settled(self.account, intent, ok=ok)

    def session(self, session_id: str) -> JsonObject:
        """A Checkout Session."""
        return self.account.get("checkout.session", session_id)

    def pay(self, session_id: str, number: str, *, authenticated: bool = False) -> payments.Outcome:
        """Pays on a session's page."""
        return checkout.pay(self.account, self.session(session_id), number, authenticated=authenticated)

    def pay_invoice(self, invoice_id: str, number: str, *, authenticated: bool = False) -> payments.Outcome:
        """Pays an open invoice on its page; the card is used from then on."""
        invoice = self.account.get("invoice", invoice_id)
        if invoice["status"] != "open":
            raise ApiError(f"This invoice is {invoice['status']}.", code="invoice_not_open")
        method = payments.attach(self.account, number, invoice["customer"])
        outcome = invoices.attempt(self.account, invoice, method, present=True, authenticated=authenticated)
        subscription = subscriptions.of_invoice(self.account, invoice)
        if outcome == "succeeded":
            self.account.outcomes.pop(str(invoice["customer"]), None)
            subscription["default_payment_method"] = method["id"]
            subscriptions.concluded(self.account, invoice, outcome)
        return outcome

    def change_card(self, customer_id: str, number: str) -> None:
        """The customer enters another card in the portal, for all that they pay."""
        method = payments.attach(self.account, number, customer_id)
        emit(self.account, "payment_method.attached", method)
        for each in self.account.all("subscription").values():
            if each["customer"] == customer_id and each["status"] not in subscriptions.ENDED:
                subscriptions.change(self.account, each, default_payment_method=method["id"])

    def remove_cards(self, customer_id: str) -> None:
        """The customer removes their cards in the portal. The one that a subscription is debited by remains."""
        used = {each["default_payment_method"] for each in self.account.all("subscription").values()}
        for method in self.account.all("payment_method").values():
            if method["customer"] == customer_id and method["id"] not in used:
                payments.detach(self.account, method)

    def cancel_at_period_end(self, subscription_id: str) -> None:
        """The customer cancels in the portal."""
        subscription = self.account.get("subscription", subscription_id)
        end = subscriptions.item_of(subscription)["current_period_end"]
        subscriptions.change(
            self.account, subscription, cancel_at_period_end=True, cancel_at=end, canceled_at=self.account.now
        )

    def cancel_now(self, subscription_id: str) -> None:
        """An operator cancels in the dashboard."""
        subscriptions.cancel(
            self.account, self.account.get("subscription", subscription_id), reason="cancellation_requested"
        )

    def script(self, customer_id: str, outcome: str) -> None:
        """Sets the outcome of the customer's next charges: one of `payments.OUTCOMES`."""
        if outcome not in payments.OUTCOMES:
            raise ApiError(f"An outcome is one of {', '.join(payments.OUTCOMES)}.")
        self.account.outcomes[self.account.get("customer", customer_id)["id"]] = outcome

    def dispute(self, payment_id: str, status: str) -> JsonObject:
        """Opens a dispute about a payment intent or a charge, or moves it on."""
        return refunds.dispute(self.account, self.charge_of(payment_id), status)

    def refund(self, payment_id: str, amount: int | None = None) -> JsonObject:
        """Refunds in the dashboard: `amount`, or all that is left."""
        form = {"charge": self.charge_of(payment_id)["id"]} | ({} if amount is None else {"amount": str(amount)})
        return refunds.refund(self.account, form)

    def return_refund(self, refund_id: str) -> JsonObject:
        """The payer's bank sends a refund back."""
        refund = self.account.get("refund", refund_id)
        if refund["status"] in ("failed", "canceled"):
            raise ApiError(f"This refund is {refund['status']}.")
        refunds.fail(self.account, refund)
        return refund

    def charge_of(self, payment_id: str) -> JsonObject:
        """The charge with this id, or the latest of a payment intent."""
        if payment_id.startswith("pi_"):
            payment_id = str(self.account.get("payment_intent", payment_id)["latest_charge"])
        return self.account.get("charge", payment_id)
