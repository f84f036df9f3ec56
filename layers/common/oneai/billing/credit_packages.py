"""What credits cost: packages and custom amounts, which operators set (`make credit-packages`); cached."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from oneai import currencies
from oneai.billing.facts import Currency
from oneai.billing.subscriptions import prices
from oneai.field_errors import invalid
from oneai.postgres.cached_rows import CachedRows


class CreditPackage(BaseModel):
    """Credits that are sold at a fixed price."""

    id: str = Field(description="The value for `package_id`.")
    credit_micro_usd: int = Field(description="The credits.")
    bonus_micro_usd: int = Field(description="What comes with them without payment.")
    prices: dict[str, int] = Field(description="The listed price by currency, in its smallest unit: paise and cents.")


class CustomCredits(BaseModel):
    """Custom amounts in one currency, in its smallest unit. They have no bonus."""

    currency: str = Field(description="The currency.")
    per_dollar: int = Field(description="The listed price of a dollar of credits.")
    least: int = Field(description="The smallest amount.")
    most: int = Field(description="The largest amount.")


class CreditPackageList(BaseModel):
    """What credits cost."""

    items: list[CreditPackage] = Field(description="The packages, the smallest first.")
    custom: list[CustomCredits] = Field(description="What a custom amount buys, by currency.")
    currencies: list[str] = Field(description="The currencies that credits can be bought in.")
    tax_inclusive: bool = Field(
        description="Listed prices include GST; otherwise it is added to prices in rupees. Prices in dollars are "
        "untaxed."
    )


@dataclass(frozen=True)
class _Sold:
    packages: tuple[CreditPackage, ...]
    rates: tuple[CustomCredits, ...]


def _parse(rows: dict[str, Any]) -> _Sold:
    return _Sold(
        tuple(CreditPackage(**row) for row in rows["packages"]), tuple(CustomCredits(**row) for row in rows["rates"])
    )


_rows = CachedRows("select oneai.read_credit_packages()", _parse)
reset = _rows.reset


async def payable(country: str | None) -> tuple[Currency, ...]:
    """The currencies in which a payment provider takes payments of this country (None: unknown) now. Operators' prices
    in others are not offered until one does."""
    return tuple(await prices.sellers(country))


async def list_packages(country: str | None = None) -> CreditPackageList:
    """Every package and rate that buyers of this country (None: unknown) can pay now. Raises Busy if they are not
    known."""
    sold, taken = await _rows.read(), await payable(country)
    return CreditPackageList(
        items=[each.model_copy(update={"prices": _payable(each.prices, taken)}) for each in sold.packages],
        custom=[each for each in sold.rates if each.currency in taken],
        currencies=list(taken),
        tax_inclusive=prices.tax_inclusive(),
    )


async def check_sold(package_id: str | None, amount: int | None, currency: str) -> None:
    """Raises InvalidRequest with the field of what is not sold, and Busy if packages are not known."""
    sold = await _rows.read()
    if package_id is not None:
        package = next((each for each in sold.packages if each.id == package_id), None)
        if package is None:
            raise invalid("package_id", "unknown_package", "There is no such package.")
        if currency not in package.prices:
            raise invalid("currency", "not_sold", "This package is not sold in that currency.")
        return
    rate = next((each for each in sold.rates if each.currency == currency), None)
    if rate is None:
        raise invalid("currency", "not_sold", "Custom amounts are not sold in that currency.")
    if amount is None or not rate.least <= amount <= rate.most:
        sentence = f"Choose from {currencies.money(rate.least, currency)} to {currencies.money(rate.most, currency)}."
        raise invalid("amount", "too_small" if (amount or 0) < rate.least else "too_large", sentence)


def _payable(listed: dict[str, int], taken: Collection[str]) -> dict[str, int]:
    return {currency: amount for currency, amount in listed.items() if currency in taken}
