"""Compares the prices of direct providers with a newer list, and updates them.

    python -m ops.direct_prices FILE [--write] [--day 2026-11-27]

FILE is LiteLLM's `model_prices_and_context_window.json` (MIT licence, https://github.com/BerriAI/litellm). Of it the
text models of OpenAI, Anthropic, Gemini and Replicate are read: their prices, context and abilities. The report names
what is new, gone and changed. `--write` updates the table, except for prices that look wrong: those below zero, and
those that changed tenfold or more.
"""

import argparse
import datetime
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from oneai.models import direct_prices

PROVIDERS = ("anthropic", "gemini", "openai", "replicate")
MODES = ("chat", "responses", "embedding")
# Fine-tuned models, sound, and what is no model.
SKIPPED = ("ft:", "audio", "tts", "container", "lyria", "transcribe", "realtime", "computer-use", "exp-")
FIELDS = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
# What a chat model can read and do, in the table's words.
ABILITIES = {
    "image": "supports_vision",
    "file": "supports_pdf_input",
    "tools": "supports_function_calling",
    "schema": "supports_response_schema",
    "reasoning": "supports_reasoning",
}
LONG = ("_above_200k_tokens", "_above_272k_tokens")
MILLION = Decimal(1_000_000)
# A price that changes by this factor is a mistake more often than a change.
JUMP = 10

type Models = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Drift:
    """One difference between the table and the list. `is_refused`: it looks wrong and is not taken."""

    provider: str
    model: str
    what: str
    is_refused: bool = False


def read_list(content: dict[str, Any]) -> dict[str, Models]:
    """The models of a list in the form of our table, by provider. Models without a price are left out."""
    found: dict[str, Models] = {provider: {} for provider in PROVIDERS}
    for name, fields in sorted(content.items()):
        provider = fields.get("litellm_provider") if isinstance(fields, dict) else None
        if provider not in found or fields.get("mode") not in MODES or any(word in name for word in SKIPPED):
            continue
        prices = _prices(fields, "")
        if prices.get("input") in (None, "0") or (prices.get("output") is None and fields["mode"] != "embedding"):
            continue
        prices.setdefault("output", "0")
        for suffix in LONG:
            longer = _prices(fields, suffix)
            if {"input", "output"} <= longer.keys():
                prices["long"] = {"above": int(suffix.split("_")[2].removesuffix("k")) * 1000, **longer}
        found[provider][name.removeprefix(f"{provider}/")] = prices | _specifications(fields)
    return found


def drift(current: dict[str, Models], newer: dict[str, Models]) -> Iterator[Drift]:
    """What is new, gone and changed."""
    for provider in PROVIDERS:
        ours, theirs = current.get(provider, {}), newer[provider]
        for model in sorted(ours.keys() | theirs.keys()):
            if model not in theirs:
                yield Drift(provider, model, "gone", is_refused=True)
            elif problem := _problem(ours.get(model), theirs[model]):
                yield Drift(provider, model, problem, is_refused=True)
            elif model not in ours:
                yield Drift(provider, model, "new")
            elif ours[model] != theirs[model]:
                yield Drift(provider, model, _changes(ours[model], theirs[model]))


def updated(current: dict[str, Models], newer: dict[str, Models]) -> dict[str, Models]:
    """The table with all that does not look wrong. A model that is gone stays: answers of it may still be priced."""
    refused = {(each.provider, each.model) for each in drift(current, newer) if each.is_refused}
    return {
        provider: {
            **current.get(provider, {}),
            **{model: fields for model, fields in newer[provider].items() if (provider, model) not in refused},
        }
        for provider in PROVIDERS
    }


def main() -> int:
    """Returns 1 where the table differs and is not written."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--write", action="store_true", help="update the table")
    today = datetime.datetime.now(datetime.UTC).date()
    arguments.add_argument("--day", type=datetime.date.fromisoformat, default=today, help="the day of the list")
    arguments.add_argument("--table", type=Path, default=direct_prices.TABLE, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    newer = read_list(json.loads(given.file.read_text(), parse_float=Decimal))
    current = json.loads(given.table.read_text())["providers"] if given.table.exists() else {}
    found = list(drift(current, newer))
    for each in found:
        print(f"{each.provider}/{each.model}: {each.what}{' (not taken)' if each.is_refused else ''}")
    models = sum(map(len, newer.values()))
    print(f"{len(found)} differences, {sum(each.is_refused for each in found)} not taken, {models} models in the list.")
    if not given.write:
        return 1 if found else 0
    content = {
        "version": given.day.isoformat(),
        "source": "LiteLLM, model_prices_and_context_window.json, MIT licence",
        "providers": {provider: dict(sorted(each.items())) for provider, each in updated(current, newer).items()},
    }
    direct_prices.parse(content)
    given.table.write_text(_written(content))
    return 0


def _prices(fields: dict[str, Any], suffix: str) -> dict[str, Any]:
    """Dollars per million tokens as texts, for the fields that have a number."""
    found: dict[str, Any] = {}
    for ours, theirs in FIELDS.items():
        value = fields.get(theirs + suffix)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            found[ours] = format((Decimal(value) * MILLION).normalize(), "f")
    return found


def _specifications(fields: dict[str, Any]) -> dict[str, Any]:
    """Tokens of prompt and answer, and abilities, of a model that chats; nothing of others and where they are not
    stated."""
    context = fields.get("max_input_tokens")
    if fields["mode"] == "embedding" or not isinstance(context, int):
        return {}
    answer = fields.get("max_output_tokens")
    abilities = [ours for ours, theirs in ABILITIES.items() if fields.get(theirs) is True]
    return {"context": context, **({"answer": answer} if isinstance(answer, int) else {}), "can": abilities}


def _problem(ours: dict[str, Any] | None, theirs: dict[str, Any]) -> str | None:
    before, now = _numbers(ours or {}), _numbers(theirs)
    if any(number < 0 for number in now.values()):
        return "a price is negative"
    for name, number in now.items():
        old = before.get(name)
        if old and (number >= old * JUMP or number * JUMP <= old):
            return f"{name} changes from {old} to {number}"
    return None


def _numbers(model: dict[str, Any]) -> dict[str, Decimal]:
    """The prices of a model, those of long prompts too."""
    longer = model.get("long", {})
    return {name: Decimal(model[name]) for name in FIELDS if name in model} | {
        f"long {name}": Decimal(longer[name]) for name in FIELDS if name in longer
    }


def _changes(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return ", ".join(f"{name} {ours.get(name, '–')} → {theirs.get(name, '–')}" for name in names)


def _written(content: dict[str, Any]) -> str:
    """JSON with a line for each model, so that a change shows as one line."""
    lines = [f'"version": {json.dumps(content["version"])}', f'"source": {json.dumps(content["source"])}']
    tables = []
    for provider, models in content["providers"].items():
        rows = ",\n".join(f"      {json.dumps(name)}: {json.dumps(fields)}" for name, fields in models.items())
        tables.append(f"    {json.dumps(provider)}: {{\n{rows}\n    }}")
    return "{\n  " + ",\n  ".join(lines) + ',\n  "providers": {\n' + ",\n".join(tables) + "\n  }\n}\n"


if __name__ == "__main__":
    sys.exit(main())
