"""What plans cost: the catalogue's prices, the operator's own, and the payment provider's plan for each of them."""

from dataclasses import dataclass
from typing import cast

from oneai import settings
from oneai.billing.facts import Currency, Period
from oneai.billing.tax import gst
from oneai.errors import ContactSales
from oneai.field_errors import invalid
from oneai.plans.catalog import PLANS
from oneai.settings import SettingsError

# In the order in which they are shown; rupees first.
CURRENCIES: tuple[Currency, ...] = ("INR", "USD")
PERIODS: tuple[Period, ...] = ("monthly", "yearly")
# Recurring charges above it wait for the payer's own yes, each time (Reserve Bank of India, e-mandates). In paise.
CONFIRMED_ABOVE = 15_000_00


@dataclass(frozen=True)
class PriceSettings:
    """`plan_prices` (`pro.monthly.INR=79900,…`, 0: not sold) goes before the catalogue's prices.

    `razorpay_plans` (`pro.monthly.INR=plan_x,…`) are the provider's plans, `razorpay_offers` its offers that may be
    asked for, `trial_days` (`pro=7`) is how long somebody tries a plan. `prices_include_tax`: what the list shows is
    what is charged; otherwise a seller who is registered adds GST to rupees. Dollars are for people abroad.
    """

    plan_prices: tuple[str, ...] = ()
    razorpay_plans: tuple[str, ...] = ()
    razorpay_offers: tuple[str, ...] = ()
    trial_days: tuple[str, ...] = ()
    prices_include_tax: bool = True


@dataclass(frozen=True)
class Price:
    """What a period of a tier costs. In paise or cents `amount` is what is charged, tax included, and `listed` what the
    list of plans says. `plan_ref` is the payment provider's plan; None until somebody has made it."""

    tier: str
    period: Period
    currency: Currency
    amount: int
    plan_ref: str | None
    listed: int

    @property
    def key(self) -> str:
        """As settings spell it: `pro.monthly.INR`."""
        return f"{self.tier}.{self.period}.{self.currency}"

    @property
    def confirmed_each_time(self) -> bool:
        """Whether the payer's bank asks them before every single charge."""
        return self.currency == "INR" and self.amount > CONFIRMED_ABOVE


def price(tier: str, period: str, currency: str) -> Price:
    """The price of that; raises InvalidRequest naming the field that is unknown, and ContactSales for a plan that
    nobody can buy here."""
    if tier not in PLANS:
        raise invalid("plan_id", "unknown_plan", "There is no such plan.")
    if PLANS[tier].free:
        raise invalid("plan_id", "free_plan", "This plan is free: there is nothing to subscribe to.")
    sold = [each for each in all_prices() if each.tier == tier]
    if not sold:
        raise ContactSales
    if not any(each.period == period for each in sold):
        raise invalid("period", "not_sold", "This plan is not sold for that period.")
    for each in sold:
        if (each.period, each.currency) == (period, currency):
            return each
    raise invalid("currency", "not_sold", "This plan is not sold in that currency.")


def all_prices() -> list[Price]:
    """Every price that is sold, plan by plan, rupees first. Raises SettingsError for settings that make no sense."""
    wanted = settings.read(PriceSettings)
    own = {key: _whole("PLAN_PRICES", text) for key, text in _pairs("PLAN_PRICES", wanted.plan_prices).items()}
    refs = _pairs("RAZORPAY_PLANS", wanted.razorpay_plans)
    stated = {
        f"{plan.tier}.{period}.{currency}": amount
        for plan in PLANS.values()
        for (period, currency), amount in plan.prices.items()
    }
    listed = stated | own
    keys = {_key(*parts): parts for parts in _every()}
    for name, given in (("PLAN_PRICES", own), ("RAZORPAY_PLANS", refs)):
        if odd := given.keys() - keys.keys():
            raise SettingsError(f"The setting {name} names {min(odd)!r}, which is not a plan, a period and a currency.")
    return [
        Price(tier, period, currency, charged(listed[key], currency, wanted), refs.get(key), listed[key])
        for key, (tier, period, currency) in keys.items()
        if listed.get(key)
    ]


def trial_days(tier: str) -> int:
    """How many days somebody may try this plan; 0 for none."""
    days = _pairs("TRIAL_DAYS", settings.read(PriceSettings).trial_days)
    return _whole("TRIAL_DAYS", days.get(tier, "0"))


def offers() -> tuple[str, ...]:
    """The provider's offers that people may ask for."""
    return settings.read(PriceSettings).razorpay_offers


def tax_inclusive() -> bool:
    """Whether what the list of plans says is what is charged."""
    return settings.read(PriceSettings).prices_include_tax


def charged(listed: int, currency: str, wanted: PriceSettings) -> int:
    """What is charged for a price in the list, in its smallest unit: GST is added, rounded half up, where it is due: of
    somebody who is not registered it never is. Raises SettingsError where no invoice could be issued: nobody is to pay
    before that is put right."""
    rate = gst.rate()
    if wanted.prices_include_tax or currency != "INR":
        return listed
    return listed + (listed * rate + 5000) // 10_000


def _every() -> list[tuple[str, Period, Currency]]:
    return [
        (plan.tier, period, currency)
        for plan in PLANS.values()
        if not plan.free
        for currency in CURRENCIES
        for period in PERIODS
    ]


def _key(tier: str, period: str, currency: str) -> str:
    return f"{tier}.{period}.{currency}"


def _pairs(name: str, given: tuple[str, ...]) -> dict[str, str]:
    pairs = [tuple(part.strip() for part in text.split("=", 1)) for text in given]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise SettingsError(f"The setting {name} is not a list of `key=value`.")
    return dict(cast(list[tuple[str, str]], pairs))


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(f"The setting {name} holds {text[:40]!r}, which is not a whole number.")
    return int(text)
