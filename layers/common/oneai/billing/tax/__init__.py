"""India's goods and services tax, the regions and GSTINs that decide it, and Indonesia's value added tax."""

from typing import Any

from oneai.billing.tax import gst, ppn


def seller_terms(description: str, currency: str) -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` for a payment in this currency, which decides its document. Raises
    SettingsError."""
    return ppn.seller_terms(description) if currency == "IDR" else gst.seller_terms(description)
