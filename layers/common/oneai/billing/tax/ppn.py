"""Indonesia's value added tax (PPN): the seller, the rate, and the tax within an amount in rupiah.

The law's rate is 12 %, of eleven twelfths of the price for ordinary services (since January 2025), so 11 % of it.
Prices include it. Amounts are whole rupiah, and price and tax add up to what was paid.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oneai import settings
from oneai.billing.tax.gst import GstSettings
from oneai.settings import SettingsError

INDONESIA = "ID"
# NPWP, the number of a taxpayer: fifteen digits, sixteen since 2024.
_NPWP_DIGITS = (15, 16)


@dataclass(frozen=True)
class PpnSettings:
    """Without a number for tax (NPWP) the seller may not collect PPN: the rate is 0. Raises SettingsError for one that
    has not 15 or 16 digits.

    `ppn_rate_percent` is the rate on the price, not on a part of it.
    """

    seller_npwp: str = ""
    ppn_rate_percent: Decimal = Decimal(11)

    def __post_init__(self) -> None:
        digits = "".join(each for each in self.seller_npwp if each not in " .-")
        if self.seller_npwp and not (digits.isascii() and digits.isdigit() and len(digits) in _NPWP_DIGITS):
            raise SettingsError("The setting SELLER_NPWP has not 15 or 16 digits.")


def rate() -> int:
    """The tax on what we sell within Indonesia, in hundredths of a percent: 1100 is 11 %. Raises SettingsError."""
    ours = settings.read(PpnSettings)
    return int(ours.ppn_rate_percent * 100) if ours.seller_npwp else 0


def seller_terms(description: str) -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` for a payment in rupiah, as `gst.seller_terms` has them for others."""
    ours, seller = settings.read(PpnSettings), settings.read(GstSettings)
    return {
        "form": "ppn",
        "rate": rate(),
        "export_rate": 0,
        "taxes": [{"name": "PPN", "rate": rate()}] if rate() else [],
        "sac": "",
        "description": description,
        "seller": {
            "name": seller.seller_name,
            "address": seller.seller_address,
            "state": "",
            # One of a state of India collects PPN as a seller from abroad.
            "country": INDONESIA if ours.seller_npwp and not seller.seller_state else "IN",
            "gstin": None,
            "lut": None,
            "tax_id": ours.seller_npwp or None,
        },
    }


def split(total: int, rate: int) -> tuple[int, int]:
    """The price without tax and the tax in `total` rupiah, at a `rate` in hundredths of a percent. Equals
    `oneai.issue_invoice`."""
    net = (total * 20_000 + 10_000 + rate) // (2 * (10_000 + rate))
    return net, total - net
