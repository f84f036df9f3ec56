"""Which document a payment has: GST's, Indonesia's, or a plain one of a seller elsewhere."""

from typing import Any

from oneai.billing.tax import gst, plain, ppn


def seller_terms(description: str, currency: str, payment_provider: str = "") -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` for a payment in this currency at this provider. Raises SettingsError."""
    if plain.applies(payment_provider, currency):
        return plain.seller_terms(description)
    return ppn.seller_terms(description) if currency == "IDR" else gst.seller_terms(description)
