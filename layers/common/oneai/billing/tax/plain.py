"""A plain invoice: of a seller outside India, whose payments Stripe takes, with its own tax lines.

Payments at Stripe have GST's invoice, as exports, unless such a seller is set. Prices include the taxes.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from oneai import settings
from oneai.billing import providers
from oneai.billing.providers.capabilities import capabilities_of
from oneai.settings import SettingsError

INDIA = "IN"


@dataclass(frozen=True)
class PlainSettings:
    """The company that Stripe pays out to, if it is another than the seller of GST's invoices.

    `stripe_seller_country` is its country (ISO 3166 alpha-2), `stripe_taxes` what it collects: `VAT=19`, in percent of
    the price without tax. They are in the secret beside Stripe's keys, because functions have no room for more
    variables. Raises SettingsError for an invalid one.
    """

    stripe_seller_country: str = ""
    stripe_seller_name: str = ""
    stripe_seller_address: str = ""
    stripe_seller_tax_id: str = ""
    stripe_taxes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in self.stripe_taxes:
            name, _, percent = text.partition("=")
            try:
                valid = bool(name.strip()) and 0 <= Decimal(percent.strip()) <= 100
            except InvalidOperation:
                valid = False
            if not valid:
                raise SettingsError(
                    f"The setting STRIPE_TAXES has {text[:40]!r}, which is not a name and a percentage."
                )

    @property
    def taxes(self) -> list[dict[str, Any]]:
        """Names, and rates in hundredths of a percent, of those that are not zero."""
        pairs = [text.partition("=") for text in self.stripe_taxes]
        rates = [(name.strip(), int(Decimal(percent.strip()) * 100)) for name, _, percent in pairs]
        return [{"name": name, "rate": rate} for name, rate in rates if rate]


def applies(payment_provider: str, currency: str) -> bool:
    """Whether a payment has a plain invoice. Rupees always have GST's."""
    country = settings.read(PlainSettings).stripe_seller_country
    if currency == "INR" or country in ("", INDIA) or payment_provider not in providers.names():
        return False
    return capabilities_of(payment_provider).seller_abroad


def seller_terms(description: str) -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice`, as `gst.seller_terms` has them for others. Raises SettingsError."""
    ours = settings.read(PlainSettings)
    return {
        "form": "plain",
        "rate": sum(each["rate"] for each in ours.taxes),
        "export_rate": 0,
        "taxes": ours.taxes,
        "sac": "",
        "description": description,
        "seller": {
            "name": ours.stripe_seller_name,
            "address": ours.stripe_seller_address,
            "state": "",
            "country": ours.stripe_seller_country,
            "gstin": None,
            "lut": None,
            "tax_id": ours.stripe_seller_tax_id or None,
        },
    }
