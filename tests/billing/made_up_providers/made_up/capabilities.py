"""What the made-up provider allows."""

from datetime import timedelta

from oneai.billing.providers.capabilities import Capabilities

CAPABILITIES = Capabilities(
    name="Made Up",
    renewal="mandate",
    checkout="redirect",
    currencies=frozenset({"USD"}),
    # A cancellation is sent an hour before the end.
    cancelled_before_end=timedelta(hours=1),
    minimum_refund=50,
    lists_payments=True,
)
