"""Examples of the sections of models, which operators arrange."""

from typing import Any

from openapi.examples.admin import REASON

SECTION = {
    "section": "recommended",
    "models": ["openai/gpt-*-mini"],
    "never": ["*-preview"],
    "shown": [
        {"id": "openai/gpt-4.1-mini", "name": "GPT-4.1 Mini", "chosen_by": "pattern", "pattern": "openai/gpt-*-mini"},
        {"id": "deepseek/deepseek-r1", "name": "DeepSeek R1", "chosen_by": "rule", "pattern": None},
    ],
}

EXAMPLES: dict[str, Any] = {
    "NewSectionModels": {**REASON, "models": ["openai/gpt-*-mini"], "never": ["*-preview"]},
    "SectionModels": SECTION,
    "SectionModelsList": {"items": [SECTION]},
}
