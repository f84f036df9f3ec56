"""The catalogue: prices one can calculate with, kept for a while, and shown stale rather than not at all."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oneai.clients import openrouter
from oneai.clients.openrouter import models
from oneai.errors import UpstreamUnavailable
from oneai.models import Model, providers
from oneai.models import catalogue as cache
from stand_ins.openrouter import catalogue
from tests.clients.openrouter.conftest import Configure, recordings
from tests.clients.openrouter.upstream import Upstream, Wire

ONE = b'{"data":[{"id":"a/b"}]}'


async def by_id() -> dict[str, Model]:
    """The catalogue, by id."""
    return {model.id: model for model in await providers.list_models()}


async def test_every_model_is_listed_in_the_order_of_the_upstream(upstream: Upstream) -> None:
    listed = [model.id for model in await providers.list_models()]

    assert listed[: len(catalogue.REALISTIC)] == [model["id"] for model in catalogue.REALISTIC]


async def test_prices_are_exact_decimals_per_token(upstream: Upstream) -> None:
    small = (await by_id())["openai/gpt-4.1-mini"]

    assert (small.prompt_price, small.completion_price) == (Decimal("0.0000004"), Decimal("0.0000016"))
    assert small.pricing == "plain"


async def test_a_free_model_has_a_price_of_zero(upstream: Upstream) -> None:
    free = (await by_id())["meta-llama/llama-3.3-70b-instruct:free"]

    assert (free.prompt_price, free.completion_price) == (Decimal(0), Decimal(0))
    assert free.pricing == "plain"


async def test_minus_one_is_not_a_price(upstream: Upstream) -> None:
    auto = (await by_id())["openrouter/auto"]

    assert (auto.prompt_price, auto.completion_price, auto.pricing) == (None, None, "variable")


async def test_a_missing_price_is_not_zero(upstream: Upstream) -> None:
    preview = (await by_id())["mistralai/mistral-next-preview"]

    assert (preview.prompt_price, preview.completion_price, preview.pricing) == (Decimal("0.0000002"), None, "missing")


async def test_the_highest_tier_of_a_price_counts(upstream: Upstream) -> None:
    tiered = (await by_id())["anthropic/claude-sonnet-4.5"]

    assert (tiered.prompt_price, tiered.completion_price) == (Decimal("0.000006"), Decimal("0.0000225"))
    assert tiered.pricing == "tiered"


async def test_the_context_is_that_of_the_provider(upstream: Upstream) -> None:
    assert (await by_id())["anthropic/claude-sonnet-4.5"].context_length == 200_000


@pytest.mark.parametrize(
    ("pricing", "kind"),
    [
        ({"prompt": "0.1", "completion": "0.2"}, "plain"),
        ({"prompt": "0.1", "completion": "free"}, "missing"),
        ({"prompt": "0.1", "completion": "NaN"}, "missing"),
        ({"prompt": "0.1", "completion": None}, "missing"),
        ({"prompt": "-0.1", "completion": "0.2"}, "variable"),
        ({"prompt": "0.1", "completion": "0.2", "overrides": [{"completion": "-1"}]}, "variable"),
        ({"prompt": "0.1", "completion": "0.2", "overrides": [{"utc_start": "0", "prompt": "0.05"}]}, "tiered"),
        ({}, "missing"),
        ("expensive", "missing"),
    ],
)
def test_a_price_that_cannot_be_computed_is_marked_as_unknown(pricing: Any, kind: str) -> None:
    model = models.parse_model({"id": "a/b", "pricing": pricing})

    assert model.pricing == kind
    assert kind in ("plain", "tiered") or None in (model.prompt_price, model.completion_price)


def test_a_changed_price_has_another_version() -> None:
    versions = {
        models.parse_model({"id": "a", "pricing": {"prompt": price}}).price_version for price in ("1", "2", "1")
    }

    assert len(versions) == 2


HOSTILE = "x" * 5_000_000 + "\ud800"


def test_texts_in_the_catalogue_are_bounded() -> None:
    model = models.parse_model(
        {
            "id": "a/b",
            "canonical_slug": HOSTILE,
            "name": HOSTILE,
            "description": HOSTILE,
            "created": 10**30,
            "supported_parameters": [HOSTILE] * 1000,
            "architecture": {"input_modalities": [HOSTILE] * 1000, "output_modalities": [7, None, HOSTILE]},
        }
    )

    assert (model.canonical_slug, model.created) == ("a/b", 0)
    assert (model.name, model.description) == ("x" * 199 + "…", "x" * 999 + "…")
    assert model.supported_parameters == model.input_modalities == ("x" * 63 + "…",) * 64
    assert model.output_modalities == ("x" * 63 + "…",)


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("  Reads *images*.\n\nAnd\ttables. ", "Reads *images*.\n\nAnd\ttables."),
        ("a\0b\x1b[31mc\x7f", "ab[31mc"),
        ("half \ud83d a smile", "half  a smile"),
        ("स्वागत है 👩‍👩‍👧", "स्वागत है 👩‍👩‍👧"),
        *[(each, None) for each in ("", " \n", "\0", None, 7, ["text"])],
    ],
)
def test_a_description_is_plain_text(description: Any, expected: str | None) -> None:
    assert models.parse_model({"id": "a/b", "description": description}).description == expected


@pytest.mark.parametrize(
    ("created", "expected"),
    [(1_790_000_000, 1_790_000_000), ("1790000000", 1_790_000_000), (0, 0), (-5, 0), (None, 0), ("soon", 0)],
)
def test_the_publication_date_of_a_model_is_a_time_or_null(created: Any, expected: int) -> None:
    assert models.parse_model({"id": "a/b", "created": created}).created == expected


async def test_a_model_with_an_id_that_no_question_can_name_is_not_listed(wire: Wire) -> None:
    wire.reads = [json.dumps({"data": [{"id": each} for each in ("x" * 201, "", "a\nb", "a\ud800", "a/b")]}).encode()]

    assert [model.id for model in await providers.list_models()] == ["a/b"]


@pytest.mark.parametrize("path", recordings("models/*.json"))
def test_a_recorded_catalogue_is_parsed(path: Path) -> None:
    entries = json.loads(path.read_text())["data"]

    read = [models.parse_model(entry) for entry in entries]

    assert [model.id for model in read] == [entry["id"] for entry in entries]
    assert all(model.prompt_price is not None and model.completion_price is not None for model in read)
    assert all(model.context_length > 0 and model.output_modalities for model in read)


async def test_concurrent_callers_share_one_request(wire: Wire) -> None:
    wire.reads = [ONE]

    await asyncio.gather(*(providers.list_models() for _ in range(20)))
    await providers.list_models()

    assert wire.asked == 1


async def test_a_caller_who_leaves_does_not_cancel_the_request_of_others(wire: Wire) -> None:
    wire.reads = [ONE]
    first, second = (asyncio.create_task(providers.list_models()) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()

    assert [model.id for model in await second] == ["a/b"]


async def test_the_previous_catalogue_is_used_if_a_new_one_is_unavailable(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "FRESH_SECONDS", 0)
    wire.reads = [ONE]
    await providers.list_models()
    wire.head = "HTTP/1.1 500 Internal Server Error\r\n"

    for _ in range(5):
        assert [model.id for model in await providers.list_models()] == ["a/b"]

    assert wire.asked == 2  # and upstream is not asked for half a minute


async def test_a_hanging_upstream_does_not_delay_the_previous_catalogue(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "FRESH_SECONDS", 0)
    monkeypatch.setattr(cache, "STALE_WAIT_SECONDS", 0.05)
    wire.reads = [ONE]
    await providers.list_models()
    wire.hangs = True

    assert [model.id for model in await providers.list_models()] == ["a/b"]


@pytest.mark.parametrize("body", [b"<html>", b'{"data": []}', b'{"data": "none"}', b"[]", b'{"data": [{"name": "x"}]}'])
async def test_an_invalid_catalogue_means_upstream_unavailable(body: bytes, wire: Wire) -> None:
    wire.reads = [body]

    with pytest.raises(UpstreamUnavailable):
        await providers.list_models()


@pytest.mark.parametrize("idle", [False, True])
async def test_a_broken_connection_is_reopened_once(idle: bool, wire: Wire) -> None:
    wire.reads = [ONE]
    if idle:
        await providers.list_models()
        providers.reset_catalogue()
    wire.drops = 1

    assert [model.id for model in await providers.list_models()] == ["a/b"]

    providers.reset_catalogue()
    wire.drops = 2
    with pytest.raises(UpstreamUnavailable):
        await providers.list_models()
    assert wire.drops == 0


async def test_there_is_no_catalogue_without_an_upstream(configure: Configure) -> None:
    configure(OPENROUTER_BASE_URL="http://127.0.0.1:9/api/v1")

    with pytest.raises(UpstreamUnavailable):
        await providers.list_models()
    await openrouter.close()
