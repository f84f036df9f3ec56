"""Models that OpenRouter's catalogue does not have, and the ways to every model."""

from decimal import Decimal
from uuid import UUID

import pytest

from oneai.clients.openrouter.models import parse_model
from oneai.models import Model, own_models
from oneai.models.endpoint import ProviderName
from oneai.models.route import Route

KEY = UUID("3f2a6d7e-1c4b-4a58-9e0d-5b7c8a9d0e1f")
OTHER_KEY = UUID("7c3e1f0a-9b2d-4e6f-8a1c-2d3e4f5a6b7c")


def listed(model_id: str, **pricing: str) -> Model:
    """A model of OpenRouter's catalogue."""
    return parse_model({"id": model_id, "pricing": pricing or {"prompt": "0.000001", "completion": "0.000002"}})


def of(provider: ProviderName, *models: Model) -> dict[str, Model]:
    return {each.id: each for each in own_models.direct_models({provider}, models, by_operator=False)}


@pytest.mark.parametrize(
    ("model_id", "routes"),
    [
        ("openai/gpt-4.1-mini", [Route("openrouter", "openai/gpt-4.1-mini"), Route("openai", "gpt-4.1-mini")]),
        (
            "anthropic/claude-opus-4.5",
            [Route("openrouter", "anthropic/claude-opus-4.5"), Route("anthropic", "claude-opus-4-5")],
        ),
        ("google/gemini-2.5-pro", [Route("openrouter", "google/gemini-2.5-pro"), Route("gemini", "gemini-2.5-pro")]),
        ("openai/gpt-4.1-mini:free", [Route("openrouter", "openai/gpt-4.1-mini:free")]),
        ("deepseek/deepseek-r1", [Route("openrouter", "deepseek/deepseek-r1")]),
        ("replicate/meta/llama-3-70b-instruct", [Route("replicate", "meta/llama-3-70b-instruct")]),
        (f"custom/{KEY}/llama/3", [Route("custom", "llama/3")]),
    ],
)
def test_a_model_is_one_entry_with_all_of_its_routes(model_id: str, routes: list[Route]) -> None:
    assert own_models.routes_of(listed(model_id)) == routes


def test_a_model_that_openrouter_lists_is_not_listed_a_second_time() -> None:
    all_of_anthropic = of("anthropic")
    others = of("anthropic", listed("anthropic/claude-opus-4.5"))

    assert all_of_anthropic.keys() - others.keys() == {"anthropic/claude-opus-4.5"}
    assert not any(name.endswith("20251101") for name in all_of_anthropic)


def test_a_model_of_the_table_has_its_price_context_and_abilities() -> None:
    model = of("openai")["openai/gpt-4.1-mini"]

    assert (model.prompt_price, model.completion_price) == (Decimal("0.0000004"), Decimal("0.0000016"))
    assert (model.context_length, model.max_completion_tokens, model.pricing) == (1_047_576, 32_768, "plain")
    assert {"image", "file"} <= set(model.input_modalities)
    assert {"temperature", "tools", "structured_outputs"} <= set(model.supported_parameters)
    assert model.name == "OpenAI: GPT 4.1 Mini"
    assert not model.by_openrouter
    assert not model.by_operator


def test_a_model_that_reasons_takes_no_temperature_where_its_provider_refuses_it() -> None:
    model = of("openai")["openai/o3"]

    assert "reasoning" in model.supported_parameters
    assert "temperature" not in model.supported_parameters


def test_two_servers_of_a_workspace_may_have_one_name_of_a_model() -> None:
    ids = [own_models.custom_id(key, "llama-3") for key in (KEY, OTHER_KEY)]
    models = [own_models.custom_model(each, server) for each, server in zip(ids, ("Ours", "Theirs"), strict=True)]

    assert [own_models.key_of(each) for each in ids] == [KEY, OTHER_KEY]
    assert [each.name for each in models] == ["Ours: llama-3", "Theirs: llama-3"]
    assert {route.model for each in models for route in own_models.routes_of(each)} == {"llama-3"}


def test_a_model_of_a_server_has_no_known_price() -> None:
    model = own_models.custom_model(own_models.custom_id(KEY, "llama-3"))

    assert (model.prompt_price, model.completion_price, model.pricing) == (None, None, "missing")


@pytest.mark.parametrize(
    "model_id",
    [
        "openai/gpt-4.1-mini",
        "openai/gpt-4.1-2025-04-14",
        "anthropic/claude-opus-4.5",
        "replicate/meta/llama-3-70b-instruct",
        "replicate/someone/something-new",
        f"custom/{KEY}/llama-3",
    ],
)
def test_a_model_that_only_a_key_reaches_is_found_by_its_id(model_id: str) -> None:
    model = own_models.find(model_id)

    assert model is not None
    assert model.id == model_id
    assert not model.by_operator


@pytest.mark.parametrize(
    "model_id",
    [
        "gpt-4.1-mini",
        "openai/never-made",
        "anthropic/claude-opus-4-5",
        "openai/text-embedding-3-small",
        "replicate/owner",
        "replicate/../../account",
        "replicate/a/b/c",
        "custom/not-an-id/llama",
        f"custom/{KEY}/",
        f"custom/{KEY}/a\nb",
        "",
    ],
)
def test_what_is_no_models_id_finds_none(model_id: str) -> None:
    assert own_models.find(model_id) is None
