"""What Razorpay allows, and when it acts."""

from datetime import timedelta

from oneai.billing.providers.capabilities import Capabilities

CAPABILITIES = Capabilities(
    name="Razorpay",
    renewal="mandate",
    checkout="ours",
    currencies=frozenset({"INR", "USD"}),
    # Only what a foreign card pays: not UPI, e-mandates or Indian cards.
    changes_in_place=True,
    trials=True,
    pauses=True,
    debits_orders=True,
    # An e-mandate's payer gets notice a day before each debit (Reserve Bank of India); an hour more for the mail.
    debit_notice={"INR": timedelta(hours=25)},
    lists_payments=True,
    # Mandates are debited up to three days before a period starts.
    debited_early=timedelta(days=4),
    # A cancellation at the end of a period cannot be undone, and mandates are debited from three days before it.
    cancelled_before_end=timedelta(hours=72),
    # A charge is tried about once a day; attempts that follow sooner are the user's own.
    max_attempts=4,
    between_attempts=timedelta(hours=20),
    last_attempt_after=timedelta(days=3),
    # Recurring charges above it need the payer's confirmation each time (Reserve Bank of India, e-mandates).
    confirmed_above={"INR": 15_000_00},
    # One rupee or one dollar.
    minimum_refund=100,
)
