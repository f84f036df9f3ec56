"""Razorpay's subscriptions as a state machine with an explicit clock and no I/O: call it, advance it, read its events.

Everything happens at `now`, which only `run_until` moves. The same calls give the same ids and the same bytes.
"""

from collections.abc import Iterator

from stand_ins.payments.state import Event, JsonObject
from stand_ins.razorpay import checkout, due_charges, orders, plan_changes, recurring, refunds, tokens
from stand_ins.razorpay.refusals import ApiError
from stand_ins.razorpay.state import Account, SubscriptionRecord, find

OUTCOMES = ("ok", "fail", "slips_through")
CUSTOMER_ACTIONS = ("pauses", "resumes", "cancels")


class Engine:
    """One account. Times are seconds of the epoch; methods raise ApiError where Razorpay answers with an error."""

    def __init__(self, seed: str = "local", now: int = 0, account: Account | None = None) -> None:
        self.account = account or Account(seed, now)

    @property
    def now(self) -> int:
        """The current time."""
        return self.account.now

    @property
    def events(self) -> list[Event]:
        """All events, oldest first."""
        return self.account.events

    def run_until(self, now: int) -> None:
        """Advances the time. Due events happen in order."""
        due = sorted(
            each["created_at"] + self.account.refund_delay
            for each in self.account.refunds.values()
            if each["status"] == "pending"
        )
        for at in (*(each for each in due if each <= now), now):
            due_charges.run_until(self.account, at)
            refunds.finish_due_refunds(self.account)

    def make_plan(self, params: JsonObject, plan_id: str | None = None) -> JsonObject:
        """`POST /plans`; a plan with a given `plan_id` is created once."""
        if plan_id is not None and plan_id in self.account.plans:
            return self.account.plans[plan_id]
        return checkout.make_plan(self.account, params, plan_id)

    def plan(self, plan_id: str) -> JsonObject:
        """`GET /plans/:id`."""
        return find(self.account.plans, "plan", plan_id)

    def open(self, params: JsonObject) -> JsonObject:
        """`POST /subscriptions`."""
        return checkout.open_subscription(self.account, params).entity

    def subscription(self, subscription_id: str) -> JsonObject:
        """`GET /subscriptions/:id`."""
        return self.account.subscription(subscription_id).entity

    def by_short_code(self, code: str) -> SubscriptionRecord | None:
        """The subscription of the hosted page with this code."""
        return next((each for each in self.account.subscriptions.values() if each.short_code == code), None)

    def pay(
        self, subscription_id: str, method: str = "card", *, ok: bool = True, instrument: str | None = None
    ) -> JsonObject:
        """Pays on the hosted page; returns the payment."""
        record = self.account.subscription(subscription_id)
        return checkout.pay(self.account, record, method, ok=ok, instrument=instrument)

    def make_order(self, params: JsonObject) -> JsonObject:
        """`POST /orders`."""
        return orders.make_order(self.account, params)

    def order(self, order_id: str) -> JsonObject:
        """`GET /orders/:id`."""
        return find(self.account.orders, "order", order_id)

    def pay_order(
        self, order_id: str, method: str = "card", *, ok: bool = True, instrument: str | None = None
    ) -> JsonObject:
        """Pays an order in the checkout; returns the payment."""
        return orders.pay_order(self.account, order_id, method, ok=ok, instrument=instrument)

    def make_customer(self, params: JsonObject) -> JsonObject:
        """`POST /customers`."""
        return recurring.make_customer(self.account, params)

    def debit(self, params: JsonObject) -> JsonObject:
        """`POST /payments/create/recurring`."""
        return recurring.debit(self.account, params)

    def end_token(self, customer_id: str, token_id: str) -> JsonObject:
        """`DELETE /customers/:id/tokens/:id`."""
        return recurring.end_token(self.account, customer_id, token_id)

    def script_debits(self, token_id: str, outcome: str) -> None:
        """Sets the outcome of a token's debits from now on: `ok`, `fail` or `refuse`."""
        recurring.script(self.account, token_id, outcome)

    def cancel(self, subscription_id: str, *, at_cycle_end: bool = False) -> JsonObject:
        """`POST /subscriptions/:id/cancel`."""
        record = self.account.subscription(subscription_id)
        plan_changes.cancel(self.account, record, at_cycle_end=at_cycle_end)
        return record.entity

    def update(self, subscription_id: str, params: JsonObject) -> JsonObject:
        """`PATCH /subscriptions/:id`."""
        record = self.account.subscription(subscription_id)
        plan_changes.update(self.account, record, params)
        return record.entity

    def pending_change(self, subscription_id: str) -> JsonObject:
        """`GET …/retrieve_scheduled_changes`."""
        return plan_changes.pending_change(self.account.subscription(subscription_id))

    def cancel_change(self, subscription_id: str) -> JsonObject:
        """`POST …/cancel_scheduled_changes`."""
        record = self.account.subscription(subscription_id)
        plan_changes.cancel_change(record)
        return record.entity

    def pause(self, subscription_id: str) -> JsonObject:
        """`POST …/pause`."""
        record = self.account.subscription(subscription_id)
        plan_changes.pause(self.account, record)
        return record.entity

    def resume(self, subscription_id: str) -> JsonObject:
        """`POST …/resume`."""
        record = self.account.subscription(subscription_id)
        plan_changes.resume(self.account, record)
        return record.entity

    def customer(self, subscription_id: str, action: str) -> JsonObject:
        """An action in the customer's bank or UPI app: one of CUSTOMER_ACTIONS."""
        record = self.account.subscription(subscription_id)
        match action:
            case "pauses":
                plan_changes.pause(self.account, record, by="customer")
            case "resumes":
                plan_changes.resume(self.account, record, by="customer")
            case "cancels":
                due_charges.cancel_now(self.account, record, by="customer")
            case _:
                raise ApiError(f"A customer {', '.join(CUSTOMER_ACTIONS)}.")
        return record.entity

    def script(self, subscription_id: str, outcome: str) -> JsonObject:
        """Sets the outcome of its charges from now on: one of OUTCOMES."""
        if outcome not in OUTCOMES:
            raise ApiError(f"An outcome is one of {', '.join(OUTCOMES)}.")
        record = self.account.subscription(subscription_id)
        record.outcome = outcome
        return record.entity

    def refund(self, payment_id: str, params: JsonObject | None = None, key: str | None = None) -> JsonObject:
        """`POST /payments/:id/refund`."""
        return refunds.refund(self.account, payment_id, params or {}, key)

    def dispute(self, payment_id: str, step: str) -> JsonObject:
        """Opens a dispute about a payment, or moves it to the next step."""
        return refunds.dispute(self.account, payment_id, step)

    def payment(self, payment_id: str) -> JsonObject:
        """`GET /payments/:id`."""
        return find(self.account.payments, "pay", payment_id)

    def invoice(self, invoice_id: str) -> JsonObject:
        """`GET /invoices/:id`."""
        return find(self.account.invoices, "inv", invoice_id)

    def invoices_of(self, subscription_id: str) -> list[JsonObject]:
        """The invoices of a subscription, the newest first."""
        return [each for each in reversed(self.account.invoices.values()) if each["subscription_id"] == subscription_id]

    def payments_of_order(self, order_id: str) -> list[JsonObject]:
        """`GET /orders/:id/payments`, failed ones included, the newest first."""
        return [each for each in reversed(self.account.payments.values()) if each["order_id"] == order_id]

    def tokens_of(self, customer_id: str) -> list[JsonObject]:
        """`GET /customers/:id/tokens`: the instruments of a customer's mandates, the newest first."""
        return tokens.of_customer(self.account, customer_id)

    def refunds_of(self, payment_id: str) -> list[JsonObject]:
        """The refunds of a payment, the newest first."""
        self.payment(payment_id)
        return [each for each in reversed(self.account.refunds.values()) if each["payment_id"] == payment_id]

    def subscriptions(self) -> Iterator[JsonObject]:
        """All subscriptions, the newest first."""
        return (each.entity for each in reversed(self.account.subscriptions.values()))
