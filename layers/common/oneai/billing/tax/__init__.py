"""India's goods and services tax, the regions and GSTINs that decide it, Indonesia's value added tax, and those of a
seller elsewhere."""

from typing import Any

from oneai.billing.tax import gst, plain, ppn


def seller_terms(description: str, currency: str, payment_provider: str = "") -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` for a payment in this currency at this provider, which decide its
    document. Raises SettingsError."""
    if plain.applies(payment_provider, currency):
        return plain.seller_terms(description)
    return ppn.seller_terms(description) if currency == "IDR" else gst.seller_terms(description)
