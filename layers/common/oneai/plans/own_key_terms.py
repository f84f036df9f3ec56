"""The terms of answers that a workspace's own key pays: no plan's limits, and the prices of each provider.

`models.own_key_routes` is imported with the first question of a deployment that has own keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oneai import settings
from oneai.models import Model
from oneai.plans.credit_terms import UNLIMITED
from oneai.plans.model_terms import ModelTerms, terms_for

if TYPE_CHECKING:
    from oneai.models.endpoint import ProviderName
    from oneai.models.own_key_routes import KeyRoute, TokenPrices

# Their key among the terms by tier, and the name of the source.
OWN_KEY = "own_key"
_PLAN = replace(UNLIMITED, tier=OWN_KEY, name="Own key")
# What the terms of a model that only own keys reach are refused with in every plan and for credits.
MISSING = "own_key_missing"


@dataclass(frozen=True)
class OwnKeySettings:
    """`provider_keys_kms_key` is set where workspaces can have keys of their own. `custom_answers_at_once` is how many
    answers all servers of workspaces together may write at a time."""

    provider_keys_kms_key: str = ""
    custom_answers_at_once: int = 12


def custom_answers_at_once() -> tuple[int, int]:
    """How many answers servers of workspaces may write at a time: all together, and those of one workspace, which are a
    quarter of all and at least two."""
    of_all = max(settings.read(OwnKeySettings).custom_answers_at_once, 2)
    return of_all, max(of_all // 4, 2)


def are_enabled() -> bool:
    """Whether workspaces can have keys of their own here."""
    return bool(settings.read(OwnKeySettings).provider_keys_kms_key)


def own_key_terms(models: Sequence[Model]) -> ModelTerms:
    """The terms of an answer by the first of these models; the price follows from the key that pays it."""
    return replace(
        terms_for(_PLAN, models),
        refusal=None,
        prompt_micro_usd_per_token=Decimal(0),
        completion_micro_usd_per_token=Decimal(0),
    )


def routes_json(
    models: Sequence[Model], searches: dict[str, Any], provider: str = "openrouter"
) -> tuple[dict[str, Any], ...]:
    """The routes of an answer as `oneai.keys_of_answers` reads them, the best first. `searches` are the terms of a
    search of the web, which only OpenRouter makes. With another `provider` than OpenRouter, only its routes."""
    from oneai.models.own_key_routes import routes_of

    routes = [each for each in routes_of(list(models)) if provider in ("openrouter", each.provider)]
    return tuple(_route_json(route, searches) for route in routes)


def embedding_routes(model: Model) -> tuple[dict[str, Any], ...]:
    """The routes of embeddings by this model, as `routes_json` returns those of an answer."""
    from oneai.models.own_key_routes import embedding_route

    providers: tuple[ProviderName, ...] = ("openai", "gemini", "openrouter")
    found = [embedding_route(each, model.id, model) for each in providers]
    return tuple(_route_json(route, {}) for route in found if route is not None)


def _route_json(route: "KeyRoute", searches: dict[str, Any]) -> dict[str, Any]:
    longer = (
        {"long": {"above_tokens": route.above_tokens, **_prices_json(route.long_prices)}} if route.long_prices else {}
    )
    return {
        "provider": route.provider,
        "model": route.model,
        **({"key": route.key_id} if route.key_id else {}),
        "terms": {
            "price_version": route.price_version,
            **_prices_json(route.prices),
            **(searches if route.provider == "openrouter" else {}),
        },
        **longer,
        **_at_once(route),
    }


def _at_once(route: "KeyRoute") -> dict[str, Any]:
    if route.provider != "custom":
        return {}
    of_all, of_workspace = custom_answers_at_once()
    return {"at_once": {"all": of_all, "workspace": of_workspace}}


def _prices_json(prices: "TokenPrices | None") -> dict[str, str]:
    if prices is None:
        return {}
    return {
        "prompt_micro_usd_per_token": str(prices.prompt),
        "completion_micro_usd_per_token": str(prices.completion),
    }
