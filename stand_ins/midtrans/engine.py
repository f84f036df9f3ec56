"""Midtrans' state machine: pages, transactions and their statuses, refunds, and the notifications that follow."""

import json
import re

from stand_ins.midtrans.account import Account, Page, Transaction
from stand_ins.midtrans.entities import transaction_body
from stand_ins.midtrans.keys import Keys
from stand_ins.midtrans.methods import METHODS
from stand_ins.midtrans.refusals import ApiError, invalid, no_such_transaction, not_changeable
from stand_ins.payments.state import Event, JsonObject

PAGE_SECONDS = 86_400
# The batch that expires transactions runs this often, so one can be pending after its time.
EXPIRY_LAG = 60
UNITS = {"minute": 60, "minutes": 60, "hour": 3_600, "hours": 3_600, "day": 86_400, "days": 86_400}
_ORDER_ID = re.compile(r"[A-Za-z0-9\-_.~]{1,50}")
_OPEN = ("pending", "authorize")
PAID = ("settlement", "capture", "partial_refund")


class Engine:
    """One account, moved in time by `run_until` alone."""

    def __init__(self, seed: str = "midtrans", account: Account | None = None, keys: Keys | None = None) -> None:
        self.account = account or Account(seed)
        self.keys = keys or Keys("")

    @property
    def now(self) -> int:
        """Seconds of the epoch."""
        return self.account.now

    @property
    def events(self) -> list[Event]:
        """New notifications, oldest first; who delivers them clears the list."""
        return self.account.events

    def run_until(self, now: int) -> None:
        """Advances the time: transactions expire, in order."""
        due = [
            each
            for each in self.account.transactions.values()
            if each.status in _OPEN and not each.hangs and each.expires_at + EXPIRY_LAG <= now
        ]
        for each in sorted(due, key=lambda each: (each.expires_at, each.transaction_id)):
            self.account.now = max(self.account.now, each.expires_at + EXPIRY_LAG)
            self._become(each, "expire")
        self.account.now = max(self.account.now, now)

    def open_page(self, request: JsonObject) -> Page:
        """Snap's page for an order. Raises ApiError."""
        details = request.get("transaction_details")
        details = details if isinstance(details, dict) else {}
        order_id, amount = details.get("order_id"), details.get("gross_amount")
        if not isinstance(order_id, str) or not _ORDER_ID.fullmatch(order_id):
            raise invalid("transaction_details.order_id is invalid")
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 1:
            raise invalid("transaction_details.gross_amount is not a number")
        items = request.get("item_details") or []
        if items and sum(int(each["price"]) * int(each["quantity"]) for each in items) != amount:
            raise invalid("transaction_details.gross_amount is not equal to the sum of item_details")
        if any(each.order_id == order_id for each in self.account.pages.values()):
            raise invalid("transaction_details.order_id sudah digunakan")
        expiry = request.get("expiry") or {}
        seconds = int(expiry.get("duration", 0)) * UNITS.get(str(expiry.get("unit")), 0) or PAGE_SECONDS
        page = Page(self.account.new_id(), order_id, amount, self.now + seconds, dict(request))
        self.account.pages[page.token] = page
        return page

    def choose(self, token: str, method: str) -> Transaction:
        """The payer chooses how to pay: from now on there is a transaction. Raises ApiError."""
        page = self.page(token)
        if method not in METHODS:
            raise invalid("payment_type is invalid")
        if self.now >= page.expires_at:
            raise ApiError(407, "The payment page has expired.")
        current = self.account.transactions.get(page.transaction_id or "")
        if current is not None and current.status in (*_OPEN, *PAID):
            return current
        transaction = Transaction(
            transaction_id=self.account.new_id(),
            order_id=page.order_id,
            amount=page.amount,
            method=method,
            created_at=self.now,
            expires_at=min(page.expires_at, self.now + METHODS[method].expires_after),
            number=f"88{self.account.counter:010}",
            metadata=dict(page.request.get("metadata") or {}),
        )
        self.account.transactions[transaction.transaction_id] = transaction
        page.transaction_id = transaction.transaction_id
        if method != "credit_card":
            self._notify(transaction)
        return transaction

    def pay(self, transaction_id: str, outcome: str = "settlement") -> Transaction:
        """The payer pays: `settlement`, or for a card `capture`, `challenge` and `deny`. It may be late: the money is
        there. Raises ApiError for one that is paid."""
        transaction = self.transaction(transaction_id)
        if transaction.status not in (*_OPEN, "expire"):
            raise not_changeable()
        transaction.fraud_status = "challenge" if outcome == "challenge" else "accept"
        status = "capture" if outcome == "challenge" else outcome
        transaction.settled_at = self.now if status == "settlement" else None
        return self._become(transaction, status)

    def take_back(self, transaction_id: str) -> Transaction:
        """The bank reverses a settled payment: `settlement` becomes `deny`. Raises ApiError."""
        transaction = self.transaction(transaction_id)
        if transaction.status not in PAID:
            raise not_changeable()
        return self._become(transaction, "deny")

    def charge_back(self, transaction_id: str) -> Transaction:
        """The card's payer disputes it. Raises ApiError."""
        transaction = self.transaction(transaction_id)
        if METHODS[transaction.method].payment_type != "credit_card" or transaction.status not in PAID:
            raise not_changeable()
        return self._become(transaction, "chargeback")

    def act(self, id: str, action: str) -> Transaction:
        """`expire`, `cancel`, `approve` or `deny` of a transaction that is not settled. Raises ApiError."""
        transaction = self.transaction(id)
        challenged = transaction.fraud_status == "challenge" and transaction.status == "capture"
        if action in ("approve", "deny"):
            if not challenged:
                raise not_changeable()
            transaction.fraud_status = "accept" if action == "approve" else "deny"
            return self._become(transaction, "capture" if action == "approve" else "deny")
        if transaction.status not in _OPEN and not (action == "cancel" and transaction.status == "capture"):
            raise not_changeable()
        return self._become(transaction, "expire" if action == "expire" else "cancel")

    def refund(self, id: str, key: str, amount: int | None, reason: str) -> Transaction:
        """Sends money back, once for each `key`; without an amount all of it. Raises ApiError."""
        transaction = self.transaction(id)
        method = METHODS[transaction.method]
        if any(each["key"] == key for each in transaction.refunds):
            return transaction
        left = transaction.amount - transaction.refunded
        amount = left if amount is None else amount
        if method.refunded_within is None:
            raise ApiError(414, "Refund request is rejected: this payment method has no refund.")
        since = transaction.settled_at or transaction.created_at
        late = self.now > since + int(method.refunded_within.total_seconds())
        if transaction.status not in ("settlement", "partial_refund") or late:
            raise not_changeable()
        if not 0 < amount <= left or (not method.partially and amount != transaction.amount):
            raise invalid("amount is invalid")
        if amount > self.account.balance:
            raise ApiError(414, "Refund request is rejected: the payable balance is not enough.")
        self.account.balance -= amount
        number = len(transaction.refunds) + 1
        transaction.refunds.append({"id": number, "key": key, "amount": amount, "reason": reason, "at": self.now})
        return self._become(transaction, "refund" if transaction.refunded == transaction.amount else "partial_refund")

    def page(self, token: str) -> Page:
        """The page of a token. Raises ApiError."""
        if token not in self.account.pages:
            raise no_such_transaction()
        return self.account.pages[token]

    def transaction(self, id: str) -> Transaction:
        """The newest transaction with this order id or transaction id. Raises ApiError."""
        found = self.account.transactions.get(id)
        of_order = [each for each in self.account.transactions.values() if each.order_id == id]
        found = found or (of_order[-1] if of_order else None)
        if found is None:
            raise no_such_transaction()
        return found

    def shown(self, transaction: Transaction) -> JsonObject:
        """As the status API shows it."""
        return transaction_body(self.keys, transaction)

    def _become(self, transaction: Transaction, status: str) -> Transaction:
        transaction.status = status
        self._notify(transaction)
        return transaction

    def _notify(self, transaction: Transaction) -> None:
        body = json.dumps(transaction_body(self.keys, transaction, notified=True))
        name = f"transaction.{transaction.status}"
        self.events.append(Event(self.account.new_id(), name, body, self.now, transaction.order_id))
