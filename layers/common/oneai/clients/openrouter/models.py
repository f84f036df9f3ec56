"""The catalogue: every model that OpenRouter offers, with exact prices."""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from oneai import log
from oneai.clients.http import ConnectionLost
from oneai.clients.openrouter import connection, lookup
from oneai.clients.openrouter.usage import parse_count, parse_decimal
from oneai.errors import UpstreamUnavailable

FRESH_SECONDS = 300.0  # as OpenRouter's own cache header
RETRY_SECONDS = 30.0  # after a failure, while the stale catalogue is served
FETCH_SECONDS = 10.0
STALE_WAIT_SECONDS = 2.0  # the longest wait for a fresh catalogue while there is a stale one

# What strangers wrote into the catalogue is passed on to clients: more than this is cut off, or not listed.
ID_CHARACTERS = 200
NAME_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 1000
LISTED_VALUES = 64
VALUE_CHARACTERS = 64
# Control characters but tab and newline, and halves of surrogate pairs, which JSON can express and UTF-8 cannot.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# 2100-01-01: a later time is no time that a model was published at.
LATEST_CREATED = 4_102_444_800

# Where a model does not state its context; no current model has less.
DEFAULT_CONTEXT_TOKENS = 4096

type Pricing = Literal["plain", "tiered", "variable", "missing"]


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue; prices are USD per token, None when missing, negative or unreadable."""

    id: str
    canonical_slug: str
    name: str
    description: str | None  # Markdown by strangers, at most 1,000 characters
    created: int  # seconds since 1970, 0 where it is not stated
    context_length: int  # the smaller of the model's and its top provider's
    max_completion_tokens: int | None
    input_modalities: tuple[str, ...]
    output_modalities: tuple[str, ...]
    prompt_price: Decimal | None  # with tiers, the highest
    completion_price: Decimal | None
    pricing: Pricing
    price_version: str  # changes when anything about the price does
    supported_parameters: tuple[str, ...]


@dataclass(slots=True)
class _Cache:
    models: tuple[Model, ...] | None = None
    fresh_until: float = 0.0
    source: str = ""
    fetching: "asyncio.Task[tuple[Model, ...]] | None" = None


_cache = _Cache()


async def list_models() -> tuple[Model, ...]:
    """All models in upstream's order: cached five minutes, served stale while upstream is down.

    Raises UpstreamUnavailable if no catalogue was ever read.
    """
    source = connection.connection_settings().openrouter_base_url
    if _cache.source != source:
        reset_cache()
        _cache.source = source
    if _cache.models is not None and time.monotonic() < _cache.fresh_until:
        return _cache.models
    # One request at a time for all callers; a caller that is cancelled does not cancel it.
    loop = asyncio.get_running_loop()
    if _cache.fetching is None or _cache.fetching.done() or _cache.fetching.get_loop() is not loop:
        _cache.fetching = asyncio.create_task(_fetch(source))
    fetching = _cache.fetching
    await asyncio.wait({fetching}, timeout=None if _cache.models is None else STALE_WAIT_SECONDS)
    if fetching.done() and fetching.exception() is None:
        return fetching.result()
    if _cache.models is None:
        raise UpstreamUnavailable from fetching.exception()
    return _cache.models


def reset_cache() -> None:
    """Empties the cache: the next call requests the catalogue."""
    _cache.models, _cache.fresh_until, _cache.fetching = None, 0.0, None


async def _fetch(source: str) -> tuple[Model, ...]:
    try:
        response = await lookup.get("/models", seconds=FETCH_SECONDS)
        if response.status_code != 200:
            raise ValueError("no catalogue")
        listed = response.json(parse_float=Decimal)["data"]
        models = tuple(parse_model(entry) for entry in listed if isinstance(entry, dict) and _is_id(entry.get("id")))
        if not models:
            raise ValueError("no models in the catalogue")
    except (ConnectionLost, ValueError, LookupError, TypeError) as error:
        if _cache.source == source:
            _cache.fresh_until = time.monotonic() + RETRY_SECONDS
        log.warning("the catalogue cannot be had", reason=type(error).__name__, stale=_cache.models is not None)
        raise UpstreamUnavailable from error
    if _cache.source == source:
        _cache.models, _cache.fresh_until = models, time.monotonic() + FRESH_SECONDS
    return models


def parse_model(entry: dict[str, Any]) -> Model:
    """One entry of the catalogue, in which every field but the id may be missing or invalid."""
    top, architecture, pricing = (_object(entry, name) for name in ("top_provider", "architecture", "pricing"))
    slug = entry.get("canonical_slug")
    contexts = [parse_count(entry.get("context_length")), parse_count(top.get("context_length"))]
    kind, prompt, completion = _prices(pricing)
    return Model(
        id=entry["id"],
        canonical_slug=slug if isinstance(slug, str) and _is_id(slug) else entry["id"],
        name=_text(entry.get("name"), NAME_CHARACTERS) or entry["id"],
        description=_text(entry.get("description"), DESCRIPTION_CHARACTERS),
        created=_time(entry.get("created")),
        context_length=min(filter(None, contexts), default=DEFAULT_CONTEXT_TOKENS),
        max_completion_tokens=parse_count(top.get("max_completion_tokens")) or None,
        input_modalities=_texts(architecture.get("input_modalities")) or ("text",),
        output_modalities=_texts(architecture.get("output_modalities")) or ("text",),
        prompt_price=prompt,
        completion_price=completion,
        pricing=kind,
        price_version=hashlib.sha256(json.dumps(pricing, sort_keys=True, default=str).encode()).hexdigest()[:12],
        supported_parameters=_texts(entry.get("supported_parameters")),
    )


def _prices(pricing: dict[str, Any]) -> tuple[Pricing, Decimal | None, Decimal | None]:
    """The kind of pricing, and the highest of its tiers per prompt token and per completion token."""
    overrides = pricing.get("overrides")
    tiers = [pricing, *(tier for tier in overrides or () if isinstance(tier, dict))] if overrides else [pricing]
    prompts = [parse_decimal(tier["prompt"]) for tier in tiers if "prompt" in tier]
    completions = [parse_decimal(tier["completion"]) for tier in tiers if "completion" in tier]
    prompt, completion = _highest(prompts), _highest(completions)
    if any(price is not None and price < 0 for price in (*prompts, *completions)):
        return "variable", prompt, completion
    if prompt is None or completion is None:
        return "missing", prompt, completion
    return ("tiered" if overrides else "plain"), prompt, completion


def _highest(prices: Iterable[Decimal | None]) -> Decimal | None:
    """None if one of them is missing or negative: -1 stands for a variable price."""
    values = list(prices)
    if not values or any(price is None or price < 0 for price in values):
        return None
    return max(price for price in values if price is not None)


def _object(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name)
    return value if isinstance(value, dict) else {}


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= ID_CHARACTERS and value.isprintable()


def _text(value: object, characters: int) -> str | None:
    """At most so many characters, without control characters and halves of surrogate pairs; None if nothing is left."""
    if not isinstance(value, str):
        return None
    # What is far beyond the limit is not even looked at.
    kept = CONTROL.sub("", value[: characters * 2]).strip()
    return (kept if len(kept) <= characters else f"{kept[: characters - 1].rstrip()}…") or None


def _texts(value: object) -> tuple[str, ...]:
    texts = (_text(each, VALUE_CHARACTERS) for each in value[:LISTED_VALUES]) if isinstance(value, list) else ()
    return tuple(text for text in texts if text is not None)


def _time(value: object) -> int:
    """Seconds since 1970; 0 where they are missing or invalid."""
    seconds = parse_decimal(value)
    return int(seconds) if seconds is not None and 0 <= seconds < LATEST_CREATED else 0
