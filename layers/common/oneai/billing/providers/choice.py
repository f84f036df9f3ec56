"""Which payment provider takes whose payments: rows of `oneai.payment_provider_rules`, which operators write, cached.

A changed rule counts when the cache ends at the latest. A subscription stays at the provider that debits it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from oneai.billing import providers
from oneai.billing.providers.capabilities import capabilities_of
from oneai.postgres.cached_rows import CachedRows

ANY = "*"
# Whose prices are shown before any provider is set up.
FIRST = "razorpay"


@dataclass(frozen=True)
class Rule:
    """A row: buyers of this country who pay in this currency choose among `payment_providers`; the first is
    the default. `otherwise`: where none of those is configured. `ANY` stands for every country or currency."""

    country: str
    currency: str
    payment_providers: tuple[str, ...]
    otherwise: tuple[str, ...] = ()


def choose(rules: Iterable[Rule], country: str | None, currency: str, configured: Collection[str]) -> tuple[str, ...]:
    """The providers that a buyer may choose, the default first; empty if none takes this payment. `country`: ISO 3166
    alpha-2, None while it is unknown.

    The rule of a country counts before that of a currency. A rule without a configured provider that has the currency
    is as if it were not there.
    """
    by_key = {(rule.country, rule.currency): rule for rule in rules}
    keys = [(country or ANY, currency), (country or ANY, ANY), (ANY, currency), (ANY, ANY)]
    for rule in filter(None, map(by_key.get, keys)):
        for named in (rule.payment_providers, rule.otherwise):
            able = tuple(each for each in named if each in configured and _has(each, currency))
            if able:
                return able
    return ()


def _has(payment_provider: str, currency: str) -> bool:
    return currency in capabilities_of(payment_provider).currencies


async def chosen(country: str | None, currency: str) -> tuple[str, ...]:
    """The providers that a buyer may choose now, the default first. Raises Busy if the rules are not known."""
    return choose(await read(), country, currency, available())


def available() -> tuple[str, ...]:
    """The providers that are configured."""
    return providers.configured() or (FIRST,)


def parse(rows: list[dict[str, Any]]) -> tuple[Rule, ...]:
    """The rows of `oneai.read_payment_provider_rules`."""
    return tuple(
        Rule(row["country"], row["currency"], tuple(row["payment_providers"]), tuple(row["otherwise"])) for row in rows
    )


_rows = CachedRows("select oneai.read_payment_provider_rules()", parse)
read, reset = _rows.read, _rows.reset
