"""What answers of direct providers cost, and how the table of prices is kept."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oneai.models import Usage, direct_prices
from ops import direct_prices as command

LISTED: dict[str, Any] = {
    "sample_spec": {"litellm_provider": "one of …", "input_cost_per_token": "0.0"},
    "claude-a": {
        "litellm_provider": "anthropic",
        "mode": "chat",
        "input_cost_per_token": Decimal("0.000003"),
        "output_cost_per_token": Decimal("0.000015"),
        "cache_read_input_token_cost": Decimal("3e-7"),
        "cache_creation_input_token_cost": Decimal("0.00000375"),
    },
    "gemini/gemini-b": {
        "litellm_provider": "gemini",
        "mode": "chat",
        "input_cost_per_token": Decimal("0.00000125"),
        "output_cost_per_token": Decimal("0.00001"),
        "input_cost_per_token_above_200k_tokens": Decimal("0.0000025"),
        "output_cost_per_token_above_200k_tokens": Decimal("0.000015"),
    },
    "ft:gpt-c": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": Decimal(1)},
    "azure/gpt-d": {"litellm_provider": "azure", "mode": "chat", "input_cost_per_token": Decimal(1)},
    "gemini/free": {
        "litellm_provider": "gemini",
        "mode": "chat",
        "input_cost_per_token": Decimal(0),
        "output_cost_per_token": Decimal(0),
    },
}


def usage(prompt: int, completion: int, cached: int = 0, written: int = 0) -> Usage:
    """The usage of an answer."""
    return Usage(prompt, completion, 0, cached, None, cache_write_tokens=written)


def entry(**fields: Any) -> direct_prices.PriceEntry:
    """The prices of one model."""
    found = direct_prices.parse(
        {"version": "x", "providers": {"openai": {"m": {"input": "2", "output": "10", **fields}}}}
    )
    priced = found.find("openai", "m")
    assert priced is not None
    return priced


def test_each_class_of_tokens_has_its_price() -> None:
    priced = entry(cache_read="0.2", cache_write="2.5")

    # 500 × 2 + 300 × 0.2 + 200 × 2.5 + 100 × 10 micro-dollars.
    assert priced.micro_usd(usage(1000, 100, cached=300, written=200)) == 1000 + 60 + 500 + 1000


def test_a_read_of_the_cache_saves_what_it_says() -> None:
    priced = entry(cache_read="0.2", cache_write="2.5")

    first, second = (
        priced.micro_usd(usage(10_000, 0, written=10_000)),
        priced.micro_usd(usage(10_000, 0, cached=10_000)),
    )
    assert (first, second, priced.micro_usd(usage(10_000, 0))) == (25_000, 2_000, 20_000)


def test_a_cost_is_rounded_up_and_never_negative() -> None:
    priced = entry(input="0.1")

    assert priced.micro_usd(usage(1, 0)) == 1
    assert priced.micro_usd(usage(10, 0, cached=50)) == 1


def test_a_long_prompt_has_the_long_prices_for_all_tokens() -> None:
    priced = entry(long={"above": 1000, "input": "4", "output": "15"})

    assert priced.micro_usd(usage(1000, 1)) == 2010
    assert priced.micro_usd(usage(1001, 1)) == 4019


@pytest.mark.parametrize(
    ("provider", "model", "known"),
    [
        ("openai", "gpt-5.1", True),
        ("openai", "gpt-5.1-2025-11-13", True),
        ("anthropic", "claude-opus-4-5-20251101", True),
        ("anthropic", "claude-haiku-4-5-20991231", True),
        ("gemini", "models/gemini-2.5-flash", True),
        ("openai", "gpt-of-nowhere", False),
        ("custom", "gpt-5.1", False),
    ],
)
def test_a_model_is_found_with_its_date_and_others_have_no_cost(provider: str, model: str, *, known: bool) -> None:
    assert (direct_prices.cost_micro_usd(usage(1000, 10), provider, model) is not None) is known
    assert (direct_prices.price_version(provider, model) is not None) is known


def test_the_table_is_dated_and_names_the_licence_of_its_source() -> None:
    content = json.loads(direct_prices.TABLE.read_text())

    assert content["version"] >= "2026-11-27"
    assert "MIT" in content["source"]


@pytest.mark.parametrize("price", ["-1", "100000"])
def test_a_price_out_of_range_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match="negative or too high"):
        entry(input=price)


def test_a_list_is_read_without_free_fine_tuned_and_others_models() -> None:
    found = command.read_list(LISTED)

    assert found["anthropic"] == {
        "claude-a": {"input": "3", "output": "15", "cache_read": "0.3", "cache_write": "3.75"}
    }
    assert found["gemini"]["gemini-b"]["long"] == {"above": 200_000, "input": "2.5", "output": "15"}
    assert (list(found["gemini"]), found["openai"]) == (["gemini-b"], {})


def test_drift_names_what_is_new_gone_changed_and_what_looks_wrong() -> None:
    newer = command.read_list(LISTED)
    old = {"input": "2", "output": "15", "cache_read": "0.3", "cache_write": "3.75"}
    current = {
        "anthropic": {"claude-a": old, "claude-old": old},
        "gemini": {"gemini-b": {"input": "0.1", "output": "10"}},
    }

    found = {f"{each.provider}/{each.model}": (each.what, each.is_refused) for each in command.drift(current, newer)}

    assert found["anthropic/claude-a"] == ("input 2 → 3", False)
    assert found["anthropic/claude-old"] == ("gone", True)
    assert found["gemini/gemini-b"] == ("input changes from 0.1 to 1.25", True)
    updated = command.updated(current, newer)
    assert updated["anthropic"]["claude-a"]["input"] == "3"
    assert updated["anthropic"]["claude-old"] == old
    assert updated["gemini"]["gemini-b"]["input"] == "0.1"


def test_drift_refuses_a_jump_of_the_price_of_long_prompts() -> None:
    newer = command.read_list(LISTED)
    model = newer["gemini"]["gemini-b"]
    current = {"gemini": {"gemini-b": {**model, "long": {**model["long"], "input": "0.25"}}}}

    (found,) = (each for each in command.drift(current, {**newer, "anthropic": {}}) if each.model == "gemini-b")

    assert (found.what, found.is_refused) == ("long input changes from 0.25 to 2.5", True)


@pytest.mark.parametrize("field", ["input_cost_per_token", "input_cost_per_token_above_200k_tokens"])
def test_drift_refuses_a_negative_price(field: str) -> None:
    listed = {"gemini/gemini-b": {**LISTED["gemini/gemini-b"], field: Decimal("-0.000001")}}
    newer, current = command.read_list(listed), command.read_list(LISTED)

    (found,) = (each for each in command.drift(current, newer) if each.model == "gemini-b")

    assert (found.what, found.is_refused) == ("a price is negative", True)
    assert command.updated(current, newer)["gemini"] == current["gemini"]


def test_a_list_s_prices_of_thoughts_and_pictures_are_not_taken() -> None:
    more = {"output_cost_per_reasoning_token": 1, "output_cost_per_image": 1, "deprecation_date": "2027-01-01"}
    listed = {"claude-a": {**LISTED["claude-a"], **more}}

    assert command.read_list(listed)["anthropic"] == command.read_list(LISTED)["anthropic"]


def test_the_command_reports_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, table = tmp_path / "list.json", tmp_path / "table.json"
    listed.write_text(json.dumps(LISTED, default=float))
    arguments = ["direct_prices", str(listed), "--table", str(table)]

    monkeypatch.setattr("sys.argv", arguments)
    assert command.main() == 1
    monkeypatch.setattr("sys.argv", [*arguments, "--write", "--day", "2026-12-01"])
    assert command.main() == 0
    monkeypatch.setattr("sys.argv", arguments)
    assert command.main() == 0

    assert direct_prices.parse(json.loads(table.read_text())).version == "2026-12-01"
    assert "anthropic/claude-a: new" in capsys.readouterr().out
