"""The search of the web that a model may make while it answers: how much is sent for it, and what that may cost.

What is sent bounds what is held: one search by one engine, with few and short results. A provider's own search has no
such bounds, as only some of them accept a maximum.
https://openrouter.ai/docs/guides/features/server-tools/web-search
"""

from typing import Any

from oneai.models.catalogue import Model

# Searches of one answer.
SEARCHES = 1
RESULTS = 5
RESULT_CHARACTERS = 1_500
# The price of one search in micro-dollars, with up to ten results, as OpenRouter states it for this engine.
ENGINE = "exa"
MICRO_USD = 7_000
# What one search adds to the prompt: five results, with three hundred characters of title and address each. Characters
# of most scripts have up to three bytes, and a token is counted for every three bytes.
RESULT_TOKENS = RESULTS * (RESULT_CHARACTERS + 300)
# A smaller context has too little room for results beside a conversation.
MIN_CONTEXT_TOKENS = 32_000


def can_search(model: Model) -> bool:
    """Whether the model can search the web: it has to call a tool, read the results, and write text. Only OpenRouter
    runs the search."""
    return (
        model.by_openrouter
        and "tools" in model.supported_parameters
        and model.output_modalities == ("text",)
        and model.context_length >= MIN_CONTEXT_TOKENS
    )


def search_tool(searches: int) -> dict[str, Any]:
    """The entry of `tools` with which a model may search this often; the provider runs it."""
    parameters = {
        "engine": ENGINE,
        "max_results": RESULTS,
        "max_characters": RESULT_CHARACTERS,
        "max_uses": searches,
        "max_total_results": searches * RESULTS,
    }
    return {"type": "openrouter:web_search", "parameters": parameters}
