"""The ways to a model for a workspace, the reason for each that is not open, and what a failing key keeps closed."""

from dataclasses import replace
from typing import Any

import pytest

from oneai.clients.openrouter.models import parse_model
from oneai.models import Model, own_models
from oneai.plans.model_routes import ShownKey, WorkspaceMeans, own_models_of, routes_of

KEY = ShownKey("3f2a6d7e-1c4b-4a58-9e0d-5b7c8a9d0e1f", "openai", "Ours", "active", False, None)
SERVER = replace(KEY, id="7c3e1f0a-9b2d-4e6f-8a1c-2d3e4f5a6b7c", provider="custom", models=["llama-3", "phi"])
MEANS = WorkspaceMeans(has_credits=True, may_have_keys=True)
PRICES = {"prompt": "0.000001", "completion": "0.000002"}
GPT = parse_model({"id": "openai/gpt-4.1-mini", "pricing": PRICES})


def ways(means: WorkspaceMeans, model: Model = GPT, **options: Any) -> dict[tuple[str, str], str | None]:
    """The reasons of a model's ways, by provider and source, in order; None: open."""
    found = routes_of(model, means, "small_messages", **{"in_plan": True, "is_sold": True, **options})
    assert all(each.available == (each.reason is None) for each in found)
    return {(each.provider, each.source): each.reason for each in found}


def test_a_workspace_without_keys_is_shown_which_keys_it_lacks() -> None:
    assert ways(MEANS) == {
        ("openrouter", "own_key"): "no_key",
        ("openai", "own_key"): "no_key",
        ("openrouter", "plan"): None,
        ("openrouter", "credits"): None,
    }


def test_without_keys_of_workspaces_no_way_mentions_them() -> None:
    assert ways(replace(MEANS, may_have_keys=False)).keys() == {("openrouter", "plan"), ("openrouter", "credits")}


def test_a_key_for_the_models_provider_is_the_first_open_way() -> None:
    found = ways(replace(MEANS, keys=(KEY,)))

    assert next(way for way, reason in found.items() if reason is None) == ("openai", "own_key")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (replace(KEY, state="refused"), "key_refused"),
        (replace(KEY, state="exhausted"), "key_exhausted"),
        (replace(KEY, limit_reached=True), "key_limit_reached"),
    ],
)
def test_a_key_that_fails_is_not_passed_over(key: ShownKey, reason: str) -> None:
    found = ways(replace(MEANS, keys=(key,)))

    assert found["openai", "own_key"] == reason
    assert found["openrouter", "plan"] == found["openrouter", "credits"] == reason


def test_what_comes_before_a_failing_key_stays_open() -> None:
    means = replace(MEANS, keys=(replace(KEY, state="refused"),), order=("plan", "own_key", "credits"))

    assert ways(means) == {
        ("openrouter", "own_key"): "no_key",
        ("openrouter", "plan"): None,
        ("openai", "own_key"): "key_refused",
        ("openrouter", "credits"): "key_refused",
    }


def test_another_key_of_the_provider_takes_the_place_of_a_refused_one() -> None:
    refused, good = replace(KEY, state="refused"), replace(KEY, id="another")

    assert ways(replace(MEANS, keys=(refused, good)))["openai", "own_key"] is None


@pytest.mark.parametrize(
    ("means", "options", "plan", "credits"),
    [
        (MEANS, {"in_plan": False}, "not_in_plan", None),
        (replace(MEANS, used_up=frozenset({"small_messages"})), {}, "plan_used_up", None),
        (replace(MEANS, used_up=frozenset({"large_messages"})), {}, None, None),
        (replace(MEANS, has_credits=False), {}, None, "credits_used_up"),
        (MEANS, {"is_sold": False}, None, "not_sold_for_credits"),
        (replace(MEANS, order=("own_key", "plan")), {}, None, "source_not_chosen"),
    ],
)
def test_plan_and_credits_say_why_they_do_not_pay(
    means: WorkspaceMeans, options: dict[str, Any], plan: str | None, credits: str | None
) -> None:
    found = ways(means, **options)

    assert (found["openrouter", "plan"], found["openrouter", "credits"]) == (plan, credits)


def test_the_operators_second_provider_is_a_way_of_its_own() -> None:
    found = ways(replace(MEANS, operators=frozenset({"openrouter", "openai"}), may_have_keys=False))

    assert found.keys() == {
        ("openrouter", "plan"),
        ("openai", "plan"),
        ("openrouter", "credits"),
        ("openai", "credits"),
    }


def test_models_of_own_servers_have_one_way_each() -> None:
    means = replace(MEANS, keys=(SERVER,))
    models = {each.name: each for each in own_models_of(means, [])}

    assert models.keys() == {"Ours: llama-3", "Ours: phi"}
    assert ways(means, models["Ours: phi"], in_plan=False, is_sold=False) == {("custom", "own_key"): None}


def test_a_key_adds_the_models_that_only_its_provider_has() -> None:
    (o3,) = [each for each in own_models_of(replace(MEANS, keys=(KEY,)), [GPT]) if each.id == "openai/o3"]
    found = ways(replace(MEANS, keys=(KEY,)), o3, in_plan=False, is_sold=False)

    assert found == {("openai", "own_key"): None}
    assert GPT.id not in {each.id for each in own_models_of(replace(MEANS, keys=(KEY,)), [GPT])}


def test_a_model_that_a_server_lists_no_more_is_not_available() -> None:
    gone = own_models.custom_model(own_models.custom_id(SERVER.id, "gone"))

    found = ways(replace(MEANS, keys=(SERVER,)), gone, in_plan=False, is_sold=False)

    assert found == {("custom", "own_key"): "key_lacks_model"}


def test_a_key_reaches_a_model_whose_price_is_not_known() -> None:
    new = parse_model({"id": "openai/gpt-never-priced", "pricing": PRICES})

    found = ways(replace(MEANS, keys=(KEY,), operators=frozenset({"openrouter", "openai"})), new)

    assert found["openai", "own_key"] is None
    assert ("openai", "plan") not in found, "what an answer would cost the operator is not known"
