"""The catalogue: every model OpenRouter offers, with prices one can calculate with."""

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from oneai import log
from oneai.clients.openrouter import connection
from oneai.clients.openrouter.usage import count, decimal
from oneai.errors import UpstreamUnavailable

FRESH_SECONDS = 300.0  # what OpenRouter's own cache header says
TRY_AGAIN_SECONDS = 30.0  # while it cannot be asked, and we serve what we have
FETCH_SECONDS = 10.0
STALE_WAIT_SECONDS = 2.0  # with something to show, nobody waits longer than this for something newer

# Where a model does not say what it takes; no model in years took less.
UNSAID_CONTEXT = 4096

type Pricing = Literal["plain", "tiered", "variable", "missing"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue; prices are USD per token, None when missing, negative or unreadable."""

    id: str
    canonical_slug: str
    name: str
    created: int
    context_length: int  # the smaller of the model's and its top provider's
    max_completion_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    prompt_price: Decimal | None  # with tiers, the dearest
    completion_price: Decimal | None
    pricing: Pricing
    price_version: str  # changes when anything about the price does
    supported_parameters: tuple[str, ...]


@dataclass(slots=True)
class _Shelf:
    models: tuple[Model, ...] | None = None
    good_until: float = 0.0
    source: str = ""
    fetching: "asyncio.Task[tuple[Model, ...]] | None" = None


_shelf = _Shelf()


async def list_models() -> tuple[Model, ...]:
    """All models in upstream's order: cached five minutes, served stale when upstream cannot be asked.

    Raises UpstreamUnavailable if there never was an answer.
    """
    source = connection.address().openrouter_base_url
    if _shelf.source != source:
        reset_cache()
        _shelf.source = source
    if _shelf.models is not None and time.monotonic() < _shelf.good_until:
        return _shelf.models
    # One request at a time, whoever asks; a caller who leaves does not take the others' answer with him.
    if _shelf.fetching is None or _shelf.fetching.done() or _shelf.fetching.get_loop() is not _running():
        _shelf.fetching = asyncio.create_task(_fetch(source))
    fetching = _shelf.fetching
    await asyncio.wait({fetching}, timeout=None if _shelf.models is None else STALE_WAIT_SECONDS)
    if fetching.done() and fetching.exception() is None:
        return fetching.result()
    if _shelf.models is None:
        raise UpstreamUnavailable from fetching.exception()
    return _shelf.models


def reset_cache() -> None:
    """Empties the cache: the next call asks upstream."""
    _shelf.models, _shelf.good_until, _shelf.fetching = None, 0.0, None


async def _fetch(source: str) -> tuple[Model, ...]:
    try:
        response = await connection.get("/models", seconds=FETCH_SECONDS)
        if response.status_code != 200:
            raise ValueError("no catalogue")
        listed = response.json(parse_float=Decimal)["data"]
        models = tuple(read(entry) for entry in listed if isinstance(entry, dict) and isinstance(entry.get("id"), str))
        if not models:
            raise ValueError("no models in the catalogue")
    except (connection.Lost, ValueError, LookupError, TypeError) as error:
        if _shelf.source == source:
            _shelf.good_until = time.monotonic() + TRY_AGAIN_SECONDS
        log.warning("the catalogue cannot be had", reason=type(error).__name__, stale=_shelf.models is not None)
        raise UpstreamUnavailable from error
    if _shelf.source == source:
        _shelf.models, _shelf.good_until = models, time.monotonic() + FRESH_SECONDS
    return models


def read(entry: dict[str, Any]) -> Model:
    """One entry of the catalogue, of which only the id can be relied upon."""
    top, architecture, pricing = (_part(entry, name) for name in ("top_provider", "architecture", "pricing"))
    contexts = [count(entry.get("context_length")), count(top.get("context_length"))]
    kind, prompt, completion = _prices(pricing)
    return Model(
        id=entry["id"],
        canonical_slug=_text(entry.get("canonical_slug")) or entry["id"],
        name=_text(entry.get("name")) or entry["id"],
        created=count(entry.get("created")),
        context_length=min(filter(None, contexts), default=UNSAID_CONTEXT),
        max_completion_tokens=count(top.get("max_completion_tokens")) or None,
        input_modalities=_texts(architecture.get("input_modalities")) or ("text",),
        output_modalities=_texts(architecture.get("output_modalities")) or ("text",),
        prompt_price=prompt,
        completion_price=completion,
        pricing=kind,
        price_version=hashlib.sha256(json.dumps(pricing, sort_keys=True, default=str).encode()).hexdigest()[:12],
        supported_parameters=_texts(entry.get("supported_parameters")),
    )


def _prices(pricing: dict[str, Any]) -> tuple[Pricing, Decimal | None, Decimal | None]:
    """What kind of price it is, and the dearest of its tiers per token read and written."""
    overrides = pricing.get("overrides")
    tiers = [pricing, *(tier for tier in overrides or () if isinstance(tier, dict))] if overrides else [pricing]
    prompts = [decimal(tier["prompt"]) for tier in tiers if "prompt" in tier]
    completions = [decimal(tier["completion"]) for tier in tiers if "completion" in tier]
    prompt, completion = _dearest(prompts), _dearest(completions)
    if any(price is not None and price < 0 for price in (*prompts, *completions)):
        return "variable", prompt, completion
    if prompt is None or completion is None:
        return "missing", prompt, completion
    return ("tiered" if overrides else "plain"), prompt, completion


def _dearest(prices: Iterable[Decimal | None]) -> Decimal | None:
    """None as soon as one of them cannot be calculated with: -1 is not a price but a warning."""
    known = list(prices)
    if not known or any(price is None or price < 0 for price in known):
        return None
    return max(price for price in known if price is not None)


def _running() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _text(value: object) -> str | None:
    return value if value and isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
