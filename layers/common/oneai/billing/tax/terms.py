"""Which document a payment has: by its currency, GST's or Indonesia's."""

from typing import Any

from oneai.billing.tax import gst, ppn


def seller_terms(description: str, currency: str) -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` for a payment in this currency. Raises SettingsError."""
    return ppn.seller_terms(description) if currency == "IDR" else gst.seller_terms(description)
