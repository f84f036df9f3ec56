"""What Stripe allows, and when it acts."""

from datetime import timedelta

from oneai.billing.providers.capabilities import Capabilities

CAPABILITIES = Capabilities(
    name="Stripe",
    renewal="mandate",
    checkout="redirect",
    currencies=frozenset({"INR", "USD", "IDR"}),
    trials=True,
    debits_orders=True,
    debits_once=True,
    page_lasts=timedelta(hours=23, minutes=59),
    lists_payments=True,
    seller_abroad=True,
    # A renewal is charged an hour after its period begins, never before; a cancellation can wait until then.
    cancelled_before_end=timedelta(hours=1),
    # On the first day, and then after three, five and seven days more.
    max_attempts=4,
    between_attempts=timedelta(days=2),
    last_attempt_after=timedelta(days=15),
    # The Reserve Bank of India's rule is the same at every provider.
    confirmed_above={"INR": 15_000_00},
)
