"""What answers of direct providers cost: none of them states money, so it is tokens times a dated table of prices.

The provider's own bill may differ. The table is `direct_prices.json`; `python -m ops.direct_prices` reports where it
differs from a newer list, and updates it. A model that it does not know has no cost.
"""

import dataclasses
import json
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from oneai.models.completion import Usage

TABLE = Path(__file__).with_name("direct_prices.json")
# Models are served under a name with their date: `gpt-5.1-2025-11-13`, `claude-opus-4-5-20251101`.
_DATE = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2})$")


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars per million tokens, each of its own class; `cache_read` and `cache_write` are None where they cost what
    the prompt costs."""

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None

    def micro_usd(self, usage: Usage) -> int:
        """What these tokens cost, rounded up. Dollars per million tokens are micro-dollars per token."""
        cached = min(usage.cached_tokens, usage.prompt_tokens)
        written = min(usage.cache_write_tokens, usage.prompt_tokens - cached)
        cost = (usage.prompt_tokens - cached - written) * self.input + usage.completion_tokens * self.output
        cost += cached * (self.input if self.cache_read is None else self.cache_read)
        cost += written * (self.input if self.cache_write is None else self.cache_write)
        return int(cost.to_integral_value(ROUND_CEILING))


type Ability = Literal["image", "file", "tools", "schema", "reasoning"]


@dataclass(frozen=True, slots=True)
class Specifications:
    """What a model that chats can do: its tokens of prompt and answer, and its abilities."""

    context: int
    answer: int | None
    abilities: frozenset[Ability]


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """The prices of one model, and those of all tokens of a request whose prompt has more than `above` tokens.
    `specifications` are None for a model that does not chat."""

    prices: Prices
    above: int | None = None
    long_prices: Prices | None = None
    specifications: Specifications | None = None

    def micro_usd(self, usage: Usage) -> int:
        """What an answer with this usage costs."""
        is_long = self.above is not None and self.long_prices is not None and usage.prompt_tokens > self.above
        return (self.long_prices if is_long and self.long_prices else self.prices).micro_usd(usage)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """All prices, by provider and model; `version` is the day of the list that they are from."""

    version: str
    by_provider: dict[str, dict[str, PriceEntry]]

    def find(self, provider: str, model: str) -> PriceEntry | None:
        """The prices of a model by the name it was asked or served under; None where they are not known."""
        models = self.by_provider.get(provider, {})
        name = model.removeprefix("models/")
        return models.get(name) or models.get(undated(name))


def undated(model: str) -> str:
    """The name of a model without the date of its version."""
    return _DATE.sub("", model)


@cache
def table() -> PriceTable:
    """The table of this release."""
    return parse(json.loads(TABLE.read_text()))


def parse(content: dict[str, Any]) -> PriceTable:
    """The table of a file's content. Raises LookupError and ValueError for what is none."""
    found = {
        provider: {name: _entry(fields) for name, fields in models.items()}
        for provider, models in content["providers"].items()
    }
    return PriceTable(content["version"], found)


def cost_micro_usd(usage: Usage, provider: str, model: str) -> int | None:
    """What an answer costs; None for a model without known prices."""
    entry = table().find(provider, model)
    return None if entry is None else entry.micro_usd(usage)


def with_cost(usage: Usage | None, provider: str, model: str) -> Usage | None:
    """The usage with its cost, where that is known."""
    if usage is None:
        return None
    return dataclasses.replace(usage, cost_micro_usd=cost_micro_usd(usage, provider, model))


def price_version(provider: str, model: str) -> str | None:
    """Names the prices of a model, as it is stored with what they priced; None where they are not known."""
    current = table()
    return f"direct-{current.version}" if current.find(provider, model) is not None else None


def _entry(fields: dict[str, Any]) -> PriceEntry:
    longer = fields.get("long")
    specifications = None
    if "context" in fields:
        specifications = Specifications(fields["context"], fields.get("answer"), frozenset(fields.get("can", ())))
    return PriceEntry(_prices(fields), longer and int(longer["above"]), longer and _prices(longer), specifications)


def _prices(fields: dict[str, Any]) -> Prices:
    optional = {name: Decimal(fields[name]) for name in ("cache_read", "cache_write") if name in fields}
    prices = Prices(Decimal(fields["input"]), Decimal(fields["output"]), **optional)
    if any(each is not None and not 0 <= each < 100_000 for each in dataclasses.astuple(prices)):
        raise ValueError("A price is negative or too high.")
    return prices
