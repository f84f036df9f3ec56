"""India's goods and services tax: the seller, the rate, and the tax within an amount.

Prices include their tax (`prices.py`), so tax is taken out of a payment and never added to it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from oneai import settings
from oneai.billing.tax import gstin as gstins
from oneai.billing.tax.regions import INDIA, STATES
from oneai.settings import SettingsError

_NUMBERS = {state.number: code for code, state in STATES.items()}


@dataclass(frozen=True)
class GstSettings:
    """The seller. Without a GSTIN the seller is not registered and may not collect tax: the rate is 0.

    `seller_state` is for unregistered sellers; a GSTIN starts with its state. `seller_lut` is the letter of undertaking
    under which exports are untaxed; without one they carry IGST. `sac_code` 998315 is hosting and information
    technology infrastructure provisioning. Raises SettingsError for an invalid GSTIN or state.
    """

    seller_name: str = "OneAI"
    seller_address: str = ""
    seller_state: str = ""
    seller_gstin: str = ""
    seller_lut: str = ""
    gst_rate_percent: Decimal = Decimal(18)
    sac_code: str = "998315"

    def __post_init__(self) -> None:
        if self.seller_gstin and not (
            gstins.well_formed(self.seller_gstin)
            and gstins.has_valid_check_character(self.seller_gstin)
            and self.seller_gstin[:2] in _NUMBERS
        ):
            raise SettingsError("The setting SELLER_GSTIN is not a valid GSTIN. Check it for a mistyped character.")
        if self.seller_state and self.seller_state not in STATES:
            raise SettingsError("The setting SELLER_STATE is not the two letters of a state of India.")

    @property
    def state(self) -> str:
        """The seller's state, two letters."""
        return _NUMBERS.get(self.seller_gstin[:2], self.seller_state)


class Split(NamedTuple):
    """An amount and its parts, in the currency's smallest unit."""

    taxable: int
    cgst: int
    sgst: int
    igst: int

    @property
    def total(self) -> int:
        return self.taxable + self.cgst + self.sgst + self.igst


def rate() -> int:
    """The tax on what we sell within India, in hundredths of a percent: 1800 is 18%. Raises SettingsError."""
    ours = settings.read(GstSettings)
    return int(ours.gst_rate_percent * 100) if ours.seller_gstin else 0


def seller_terms(description: str) -> dict[str, Any]:
    """The arguments of `oneai.issue_invoice` besides the payment and its buyer.

    `rate` and `export_rate` are in hundredths of a percent.
    """
    ours = settings.read(GstSettings)
    return {
        "rate": rate(),
        "export_rate": 0 if ours.seller_lut else rate(),
        "sac": ours.sac_code,
        "description": description,
        "seller": {
            "name": ours.seller_name,
            "address": ours.seller_address,
            "state": ours.state,
            "country": INDIA,
            "gstin": ours.seller_gstin or None,
            "lut": ours.seller_lut or None,
        },
    }


def split(total: int, rate: int, *, seller_state: str, state: str, country: str) -> Split:
    """The taxes in `total`, at a `rate` in hundredths of a percent. Equals `oneai.issue_invoice` to the last paisa.

    A buyer in the seller's state pays CGST and SGST, each one half; other buyers pay IGST. Rounded half up; an odd
    remainder is part of the taxable value.
    """
    taxable = (total * 20_000 + 10_000 + rate) // (2 * (10_000 + rate))
    tax = total - taxable
    if country != INDIA or state != seller_state:
        return Split(taxable, 0, 0, tax)
    return Split(taxable + tax % 2, tax // 2, tax // 2, 0)
