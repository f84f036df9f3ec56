"""What payment providers can do, as data: the projection asks it, and imports no provider for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Literal

type PaymentMethod = Literal["qris", "e_wallet", "virtual_account", "card"]


@dataclass(frozen=True)
class RefundTerms:
    """How a payment goes back. `within`: how long after the payment (None: always; zero: never). `in_part`: also less
    than all of it, and more than once."""

    within: timedelta | None = None
    in_part: bool = True

    @property
    def possible(self) -> bool:
        """Whether the provider can refund such a payment at all."""
        return self.within is None or self.within > timedelta()


@dataclass(frozen=True)
class Capabilities:
    """What a provider allows, and when it acts. Amounts are in the currency's smallest unit.

    - `name`: as people read it.
    - `renewal`: `mandate`, which the provider debits for each period, or `prepaid`: each period is one paid order, and
      nothing is debited.
    - `checkout`: `ours`, the provider's script in our page, or `redirect`, to the provider's own page.
    - `changes_in_place`: the plan of a subscription can be changed there, at least for some of its payers.
    - `debits_orders`: an order can be debited without its payer, after an earlier payment authorized that
      (`face.DebitsOrders`). `debits_once`: a debit that is sent twice is made once. `debit_notice`: by currency, how
      long before a debit its payer gets notice of an order that we opened; elsewhere the provider waits by itself.
    - `methods`: how payers can pay on the provider's page, as a checkout names it; empty if the account's settings
      decide.
    - `paid_later`: a payer may pay after they have left the page, as by a transfer.
    - `page_lasts`: how long the provider's page of an order can be open at most, after which nothing pays it; None: as
      long as we want.
    - `lists_payments`: all payments, refunds and disputes of our account can be listed by their time
      (`face.ListsPayments`).
    - `seller_abroad`: it can pay out to a company of ours outside India, whose invoices are plain (`tax/plain.py`).
    - `debited_early`: how long before a period begins its charge may come.
    - `cancelled_before_end`: a cancellation for the end of a period is sent this long before it. Until then it can be
      undone.
    - `max_attempts`, `between_attempts`: a charge that fails is tried this often, at least this long apart.
    - `last_attempt_after`: how long after the first attempt the last one is made.
    - `confirmed_above`: by currency, the largest recurring charge that its payer does not confirm at the bank.
    - `minimum_refund`: the smallest refund.
    - `refunds`: by the payment's method; `other_refunds` of every other method.
    """

    name: str
    renewal: Literal["mandate", "prepaid"]
    checkout: Literal["ours", "redirect"]
    currencies: frozenset[str]
    changes_in_place: bool = False
    trials: bool = False
    pauses: bool = False
    debits_orders: bool = False
    debits_once: bool = False
    debit_notice: Mapping[str, timedelta] = field(default_factory=dict)
    methods: tuple[PaymentMethod, ...] = ()
    paid_later: bool = False
    page_lasts: timedelta | None = None
    lists_payments: bool = False
    seller_abroad: bool = False
    debited_early: timedelta = timedelta()
    cancelled_before_end: timedelta = timedelta()
    max_attempts: int = 1
    between_attempts: timedelta = timedelta(days=1)
    last_attempt_after: timedelta = timedelta()
    confirmed_above: Mapping[str, int] = field(default_factory=dict)
    minimum_refund: int = 1
    refunds: Mapping[str, RefundTerms] = field(default_factory=dict)
    other_refunds: RefundTerms = RefundTerms()

    def refund_terms(self, method: str | None) -> RefundTerms:
        """How a payment of this method goes back."""
        return self.refunds.get(method or "", self.other_refunds)

    def is_confirmed_each_time(self, amount: int, currency: str) -> bool:
        """Whether the payer's bank asks them about every recurring charge of this amount."""
        most = self.confirmed_above.get(currency)
        return most is not None and amount > most


@cache
def capabilities_of(payment_provider: str) -> Capabilities:
    """The capabilities of a provider whose name is stored. Raises ModuleNotFoundError for one without a folder."""
    found = import_module(f"oneai.billing.providers.{payment_provider}.capabilities").CAPABILITIES
    assert isinstance(found, Capabilities)  # noqa: S101  narrows the type of a module's attribute
    return found
