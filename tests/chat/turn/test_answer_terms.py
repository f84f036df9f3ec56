"""The terms of answers are computed once for the same models, and again if anything that they depend on changes."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oneai import settings
from oneai.chat.turn.answer_terms import terms_json
from oneai.chat.turn.concurrency import answers_at_once
from oneai.clients.openrouter import models
from oneai.models import Model
from oneai.plans import PLANS
from oneai.plans.credit_terms import CREDITS
from oneai.plans.model_terms import resolve_models
from oneai.settings import SettingsError


def model(**fields: Any) -> Model:
    """A small model of the catalogue."""
    pricing = {"prompt": "0.0000002", "completion": "0.0000008"}
    return models.parse_model({"id": "maker/small", "context_length": 100_000, "pricing": pricing, **fields})


def free(*answers: list[Model], max_tokens: int | None = None, characters: int = 0) -> dict[str, Any]:
    """The terms of the plan that costs nothing."""
    terms: dict[str, Any] = json.loads(terms_json(answers, max_tokens, characters))
    assert set(terms) == {*PLANS, CREDITS}
    return dict(terms["free"])


def test_a_new_price_of_a_model_changes_the_terms_at_once() -> None:
    small = model()
    dearer = replace(small, prompt_price=Decimal("0.0000003"), price_version="v2")

    prices = [free([each])["answers"][0]["prompt_micro_usd_per_token"] for each in (small, dearer, small)]

    assert [Decimal(each) for each in prices] == [Decimal("0.2"), Decimal("0.3"), Decimal("0.2")]


def test_the_parameters_of_the_question_are_part_of_its_terms() -> None:
    small = model()

    assert free([small], max_tokens=7)["answers"][0]["answer_tokens"] == 7
    assert free([small])["answers"][0]["answer_tokens"] > 7
    assert free([small])["message_characters"] - free([small], characters=10)["message_characters"] == 10
    assert len(free([small], [model(id="maker/other")])["answers"]) == 2


def test_reloaded_settings_change_the_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    small = model()
    before = free([small])
    monkeypatch.setenv("ANSWERS_AT_ONCE", "free=1")
    monkeypatch.setenv("DAILY_SPEND_LIMIT_USD", "10")
    settings.reset_cache()

    after = free([small])

    monkeypatch.undo()
    settings.reset_cache()
    assert (before["answers_at_once"], after["answers_at_once"]) == (4, 1)
    assert "daily_ceiling_micro_usd" not in before["answers"][0]
    assert after["answers"][0]["daily_ceiling_micro_usd"] == 500_000


@pytest.mark.parametrize("stated", ["gold=4", "free=0", "free=many", "free=-1", "free"])
def test_a_limit_that_is_no_plan_and_whole_number_is_refused(stated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSWERS_AT_ONCE", stated)
    settings.reset_cache()
    try:
        with pytest.raises(SettingsError, match="ANSWERS_AT_ONCE"):
            answers_at_once()
    finally:
        monkeypatch.undo()
        settings.reset_cache()


def test_a_new_tier_is_part_of_the_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    small = model()
    assert "studio" not in json.loads(terms_json([[small]], None, 0))

    monkeypatch.setitem(PLANS, "studio", replace(PLANS["pro"], tier="studio"))

    assert "studio" in json.loads(terms_json([[small]], None, 0))


def test_models_are_resolved_in_the_given_catalogue() -> None:
    old, new = model(), model(name="Another")

    assert resolve_models((old,), "maker/small", []) == [old]
    assert resolve_models((new,), "maker/small", []) == [new]
