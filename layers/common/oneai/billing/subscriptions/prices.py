"""Prices of plans: the catalogue's, the operator's own, and the payment provider's plan for each of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from oneai import settings
from oneai.billing.facts import Currency, Period
from oneai.billing.providers import choice
from oneai.billing.providers.capabilities import capabilities_of
from oneai.billing.subscriptions import price_list
from oneai.billing.subscriptions.price_list import ListedPrice
from oneai.billing.tax import gst
from oneai.billing_errors import ContactSales
from oneai.field_errors import invalid
from oneai.plans.limits_and_prices import MAX_SEATS, PLANS
from oneai.settings import SettingsError

# Display order, rupees first.
CURRENCIES: tuple[Currency, ...] = ("INR", "USD", "IDR")
PERIODS: tuple[Period, ...] = ("monthly", "yearly")
# By country; elsewhere dollars.
HOME_CURRENCIES: Mapping[str, Currency] = {"IN": "INR", "ID": "IDR"}


@dataclass(frozen=True)
class PriceSettings:
    """`razorpay_offers` are the provider's offers that users may request, `trial_days` (`pro=7`) is the length of a
    plan's trial.

    `prices_include_tax`: the charge equals the listed price; otherwise a registered seller adds GST to rupees. Dollars
    are for customers outside India.
    """

    razorpay_offers: tuple[str, ...] = ()
    trial_days: tuple[str, ...] = ()
    prices_include_tax: bool = True


@dataclass(frozen=True)
class Price:
    """The price of a period of a tier, in paise or cents. `amount` is the charge with tax, `listed` the price in the
    list of plans. `plan_ref` is the payment provider's plan of this charge; None until it is created."""

    payment_provider: str
    tier: str
    period: Period
    currency: Currency
    amount: int
    plan_ref: str | None
    listed: int

    @property
    def key(self) -> str:
        """Its key for operators: `pro.monthly.INR`."""
        return f"{self.tier}.{self.period}.{self.currency}"

    def confirmed_each_time(self, seats: int = 1) -> bool:
        """Whether the payer's bank requires a confirmation of every charge for this number of seats."""
        return capabilities_of(self.payment_provider).is_confirmed_each_time(self.amount * seats, self.currency)

    @property
    def confirmed_from_seats(self) -> int | None:
        """From how many seats on that is so; None if it never is."""
        return next((seats for seats in range(1, MAX_SEATS + 1) if self.confirmed_each_time(seats)), None)


async def price(payment_provider: str, tier: str, period: str, currency: str) -> Price:
    """The price at this provider as it is now: `find`. Raises Busy if prices are not known."""
    return find(on_sale(await price_list.read(), at(payment_provider)), tier, period, currency)


def find(all_sold: list[Price], tier: str, period: str, currency: str) -> Price:
    """One of these prices. Raises InvalidRequest with the unknown field, and ContactSales for a plan that is not sold
    here."""
    if tier not in PLANS or not PLANS[tier].listed:
        raise invalid("plan_id", "unknown_plan", "There is no such plan.")
    if PLANS[tier].free:
        raise invalid("plan_id", "free_plan", "This plan is free and needs no subscription.")
    sold = [each for each in all_sold if each.tier == tier]
    if not sold:
        raise ContactSales
    if not any(each.period == period for each in sold):
        raise invalid("period", "not_sold", "This plan is not sold for that period.")
    for each in sold:
        if (each.period, each.currency) == (period, currency):
            return each
    raise invalid("currency", "not_sold", "This plan is not sold in that currency.")


async def all_prices(country: str | None = None) -> list[Price]:
    """Every price that buyers of this country (None: unknown) are shown, by plan, rupees first: in each currency at
    their default provider. Raises SettingsError for invalid settings, and Busy if prices are not known."""
    return on_sale(await price_list.read(), await sellers(country))


def shown_first(country: str | None, sold: Collection[Currency]) -> Currency | None:
    """The currency that a visitor sees first: their country's own, or dollars if that is not sold. `country` as
    `oneai/countries.py` writes it; None is unknown and has none."""
    if country is None:
        return None
    own = HOME_CURRENCIES.get(country, "USD")
    return own if own in sold else "USD" if "USD" in sold else None


async def sellers(country: str | None) -> dict[Currency, str]:
    """By currency, the default provider of buyers of this country. A currency that none takes is absent."""
    chosen = {currency: await choice.chosen(country, currency) for currency in CURRENCIES}
    return {currency: able[0] for currency, able in chosen.items() if able}


def at(payment_provider: str) -> dict[Currency, str]:
    """By currency, this provider, for `on_sale`."""
    taken = capabilities_of(payment_provider).currencies
    return {currency: payment_provider for currency in CURRENCIES if currency in taken}


def on_sale(rows: Iterable[ListedPrice], sellers: Mapping[Currency, str]) -> list[Price]:
    """Every price that is sold with these rows, by plan, rupees first: the operator's for the provider of the currency
    in `sellers`, else the catalogue's.

    A price has no plan at the provider if the plan's charge differs, as after a change of the rate of GST. Raises
    SettingsError for invalid settings.
    """
    set_by_operator = {(row.provider, row.tier, row.period, row.currency): row for row in rows}
    price_settings = settings.read(PriceSettings)
    sold = []
    for tier, period, currency in all_keys():
        if (seller := sellers.get(currency)) is None:
            continue
        row = set_by_operator.get((seller, tier, period, currency))
        listed = PLANS[tier].prices.get((period, currency), 0) if row is None else row.listed
        if listed:
            amount = charged(listed, currency, price_settings)
            plan_ref = row.plan_ref if row is not None and row.amount == amount else None
            sold.append(Price(seller, tier, period, currency, amount, plan_ref, listed))
    return sold


def trial_days(tier: str) -> int:
    """The length of the plan's trial in days; 0 for none."""
    days = _parse_pairs("TRIAL_DAYS", settings.read(PriceSettings).trial_days)
    return _parse_int("TRIAL_DAYS", days.get(tier, "0"))


def offers() -> tuple[str, ...]:
    """The provider's offers that users may request."""
    return settings.read(PriceSettings).razorpay_offers


def tax_inclusive() -> bool:
    """Whether the listed price is what is charged."""
    return settings.read(PriceSettings).prices_include_tax


def charged(listed: int, currency: str, price_settings: PriceSettings) -> int:
    """The charge for a listed price, in its smallest unit: with GST, rounded half up, if it is due; an unregistered
    seller adds none. Raises SettingsError if no invoice could be issued, so that no user can pay."""
    rate = gst.rate()
    if price_settings.prices_include_tax or currency != "INR":
        return listed
    return listed + (listed * rate + 5000) // 10_000


def all_keys() -> list[tuple[str, Period, Currency]]:
    """Plan, period and currency of every price that can be set."""
    return [
        (plan.tier, period, currency)
        for plan in PLANS.values()
        if not plan.free
        for currency in CURRENCIES
        for period in PERIODS
    ]


def _parse_pairs(name: str, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [tuple(part.strip() for part in text.split("=", 1)) for text in given]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise SettingsError(f"The setting {name} is not a list of `key=value`.")
    return dict(cast(list[tuple[str, str]], pairs))


def _parse_int(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(f"The setting {name} holds {text[:40]!r}, which is not a whole number.")
    return int(text)
