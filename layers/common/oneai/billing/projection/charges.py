"""The charges of a user: by each subscription, as its provider charges."""

from oneai.billing.projection import payments, prepaid
from oneai.billing.projection.payments import Charges
from oneai.billing.record import BillingRecord


def read_charges(record: BillingRecord) -> Charges:
    """Reads the valid payments of each subscription."""
    return Charges(
        record,
        {
            ours: prepaid.charges_of(record, each)
            if prepaid.is_prepaid(each)
            else payments.charges_of_mandate(record, each)
            for ours, each in record.subscriptions.items()
        },
    )
