"""Titles are written by the model of the operator's choice, or else by the cheapest suitable one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oneai import settings
from oneai.clients.openrouter.models import parse_model
from oneai.plans.title_model import title_model
from stand_ins.openrouter import catalogue

type Operator = Callable[..., None]


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Operator]:
    """Sets the operator's variables for one test."""

    def says(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name.upper(), value)
        settings.reset_cache()

    for name in ("TITLE_MODEL", "MODELS_ALLOW", "MODELS_DENY"):
        monkeypatch.delenv(name, raising=False)
    says()
    yield says
    monkeypatch.undo()
    settings.reset_cache()


def chosen(*more: dict[str, Any], min_context: int = 0) -> str | None:
    """The id of the model that writes the titles, with these in the catalogue too."""
    found = title_model([parse_model(entry) for entry in [*catalogue.REALISTIC, *more]], min_context)
    return found.id if found else None


def test_the_cheapest_small_model_writes_titles_and_a_free_one_does_not(operator: Operator) -> None:
    assert chosen() == "gryphe/mythomax-l2-13b"


def test_a_denied_or_unoffered_model_writes_no_titles(operator: Operator) -> None:
    operator(models_deny="gryphe/*")
    assert chosen() == "meta-llama/llama-3.3-70b-instruct"

    operator(models_allow="openai/*,meta-llama/*:free", models_deny="*:free")
    assert chosen() == "openai/gpt-4.1-mini"


def test_a_reasoning_model_costs_more_than_its_price(operator: Operator) -> None:
    operator(models_allow="google/gemini-2.5-flash-lite,openai/gpt-4.1-mini")

    assert chosen() == "openai/gpt-4.1-mini"


def test_large_models_and_image_models_are_never_chosen(operator: Operator) -> None:
    operator(models_allow="openai/gpt-4.1,google/gemini-2.5-flash-image,anthropic/*,openrouter/auto")

    assert chosen() is None


def test_a_free_model_is_chosen_if_no_other_is_left(operator: Operator) -> None:
    operator(models_allow="*:free")

    assert chosen() == "meta-llama/llama-3.3-70b-instruct:free"


def test_the_operators_choice_counts_if_it_is_offered(operator: Operator) -> None:
    operator(title_model="openai/gpt-4.1")
    assert chosen() == "openai/gpt-4.1"

    operator(title_model="openai/gpt-4.1", models_deny="openai/*")
    assert chosen() == "gryphe/mythomax-l2-13b"

    operator(title_model="left/the-catalogue", models_deny="")
    assert chosen() == "gryphe/mythomax-l2-13b"


def test_an_empty_catalogue_has_no_title_model(operator: Operator) -> None:
    assert title_model([]) is None


def test_long_texts_get_the_cheapest_model_with_a_sufficient_context(operator: Operator) -> None:
    assert chosen(min_context=64_000) == "meta-llama/llama-3.3-70b-instruct"
    assert chosen(min_context=100_000_000) is None

    operator(title_model="gryphe/mythomax-l2-13b")
    assert chosen(min_context=64_000) == "meta-llama/llama-3.3-70b-instruct"
