"""The catalogue: every model that OpenRouter offers, with exact prices."""

import hashlib
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from oneai.clients.http import ConnectionLost
from oneai.clients.model_streams.numbers import parse_count, parse_decimal
from oneai.clients.openrouter import lookup
from oneai.errors import UpstreamUnavailable
from oneai.models import Model
from oneai.models.catalogue import Pricing

FETCH_SECONDS = 10.0

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


async def fetch_models() -> tuple[Model, ...]:
    """All models in OpenRouter's order. Raises UpstreamUnavailable."""
    try:
        response = await lookup.get("/models", seconds=FETCH_SECONDS)
        if response.status_code != 200:
            raise ValueError("no catalogue")
        listed = response.json(parse_float=Decimal)["data"]
        models = tuple(parse_model(entry) for entry in listed if isinstance(entry, dict) and _is_id(entry.get("id")))
        if not models:
            raise ValueError("no models in the catalogue")
    except (ConnectionLost, ValueError, LookupError, TypeError) as error:
        raise UpstreamUnavailable from error
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
    """The first characters of a text, without control characters and lone surrogates; None if nothing is left."""
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
