"""Razorpay's subscriptions as a machine with an explicit clock and no I/O: ask it something, move it, read its events.

Everything it does, it does at `now`, which only `run_until` moves. The same calls give the same ids and the same bytes.
"""

from collections.abc import Iterator

from local.razorpay import checkout, lifecycle, plan_changes, refunds, tokens
from local.razorpay.refusals import Refused
from local.razorpay.state import Books, Happened, Running, Wire, find

OUTCOMES = ("ok", "fail", "slips_through")
CUSTOMERS = ("pauses", "resumes", "cancels")


class Engine:
    """One account. Times are seconds of the epoch; every verb raises Refused as Razorpay would refuse it."""

    def __init__(self, seed: str = "local", now: int = 0, books: Books | None = None) -> None:
        self.books = books or Books(seed, now)

    @property
    def now(self) -> int:
        """The time it is."""
        return self.books.now

    @property
    def events(self) -> list[Happened]:
        """All that happened, oldest first."""
        return self.books.events

    def run_until(self, now: int) -> None:
        """Time goes by; what comes due happens in order."""
        due = sorted(
            made["created_at"] + self.books.refunds_take
            for made in self.books.refunds.values()
            if made["status"] == "pending"
        )
        for at in (*(each for each in due if each <= now), now):
            lifecycle.run_until(self.books, at)
            refunds.settle_due(self.books)

    def make_plan(self, asked: Wire, plan_id: str | None = None) -> Wire:
        """`POST /plans`; a plan with a `plan_id` of one's own is made once."""
        if plan_id is not None and plan_id in self.books.plans:
            return self.books.plans[plan_id]
        return checkout.make_plan(self.books, asked, plan_id)

    def plan(self, plan_id: str) -> Wire:
        """`GET /plans/:id`."""
        return find(self.books.plans, "plan", plan_id)

    def open(self, asked: Wire) -> Wire:
        """`POST /subscriptions`."""
        return checkout.open_subscription(self.books, asked).told

    def subscription(self, subscription_id: str) -> Wire:
        """`GET /subscriptions/:id`."""
        return self.books.subscription(subscription_id).told

    def by_short_code(self, code: str) -> Running | None:
        """Whose page that is."""
        return next((each for each in self.books.subscriptions.values() if each.short_code == code), None)

    def pay(
        self, subscription_id: str, method: str = "card", *, ok: bool = True, instrument: str | None = None
    ) -> Wire:
        """What somebody does on the hosted page; the payment."""
        running = self.books.subscription(subscription_id)
        return checkout.pay(self.books, running, method, ok=ok, instrument=instrument)

    def cancel(self, subscription_id: str, *, at_cycle_end: bool = False) -> Wire:
        """`POST /subscriptions/:id/cancel`."""
        running = self.books.subscription(subscription_id)
        plan_changes.cancel(self.books, running, at_cycle_end=at_cycle_end)
        return running.told

    def update(self, subscription_id: str, asked: Wire) -> Wire:
        """`PATCH /subscriptions/:id`."""
        running = self.books.subscription(subscription_id)
        plan_changes.update(self.books, running, asked)
        return running.told

    def pending_change(self, subscription_id: str) -> Wire:
        """`GET …/retrieve_scheduled_changes`."""
        return plan_changes.pending_change(self.books.subscription(subscription_id))

    def cancel_change(self, subscription_id: str) -> Wire:
        """`POST …/cancel_scheduled_changes`."""
        running = self.books.subscription(subscription_id)
        plan_changes.cancel_change(running)
        return running.told

    def pause(self, subscription_id: str) -> Wire:
        """`POST …/pause`."""
        running = self.books.subscription(subscription_id)
        plan_changes.pause(self.books, running)
        return running.told

    def resume(self, subscription_id: str) -> Wire:
        """`POST …/resume`."""
        running = self.books.subscription(subscription_id)
        plan_changes.resume(self.books, running)
        return running.told

    def customer(self, subscription_id: str, what: str) -> Wire:
        """What people do in their bank's or UPI application: one of CUSTOMERS."""
        running = self.books.subscription(subscription_id)
        match what:
            case "pauses":
                plan_changes.pause(self.books, running, by="customer")
            case "resumes":
                plan_changes.resume(self.books, running, by="customer")
            case "cancels":
                lifecycle.cancelled(self.books, running, by="customer")
            case _:
                raise Refused(f"A customer {', '.join(CUSTOMERS)}.")
        return running.told

    def script(self, subscription_id: str, outcome: str) -> Wire:
        """How its charges go from now on: one of OUTCOMES."""
        if outcome not in OUTCOMES:
            raise Refused(f"An outcome is one of {', '.join(OUTCOMES)}.")
        running = self.books.subscription(subscription_id)
        running.outcome = outcome
        return running.told

    def refund(self, payment_id: str, asked: Wire | None = None, key: str | None = None) -> Wire:
        """`POST /payments/:id/refund`."""
        return refunds.refund(self.books, payment_id, asked or {}, key)

    def dispute(self, payment_id: str, step: str) -> Wire:
        """A bank's question about a payment, step by step."""
        return refunds.dispute(self.books, payment_id, step)

    def payment(self, payment_id: str) -> Wire:
        """`GET /payments/:id`."""
        return find(self.books.payments, "pay", payment_id)

    def invoices_of(self, subscription_id: str) -> list[Wire]:
        """The invoices of a subscription, the newest first."""
        return [each for each in reversed(self.books.invoices.values()) if each["subscription_id"] == subscription_id]

    def payments_of_order(self, order_id: str) -> list[Wire]:
        """`GET /orders/:id/payments`: also those that failed, the newest first."""
        return [each for each in reversed(self.books.payments.values()) if each["order_id"] == order_id]

    def tokens_of(self, customer_id: str) -> list[Wire]:
        """`GET /customers/:id/tokens`: what a customer's mandates were given for, the newest first."""
        return tokens.of_customer(self.books, customer_id)

    def refunds_of(self, payment_id: str) -> list[Wire]:
        """The refunds of a payment, the newest first."""
        self.payment(payment_id)
        return [each for each in reversed(self.books.refunds.values()) if each["payment_id"] == payment_id]

    def subscriptions(self) -> Iterator[Wire]:
        """All of them, the newest first."""
        return (each.told for each in reversed(self.books.subscriptions.values()))
