"""The input of a prediction, from the body of a chat completion.

Replicate's models have no roles and no tools: a conversation becomes one prompt. Each model has its own names of
inputs; those that it does not have are left out.
"""

from collections.abc import Collection, Sequence
from typing import Any

from oneai.clients.model_streams import turns

# The names that models have for one thing, the most common first.
NAMES: dict[str, tuple[str, ...]] = {
    "system_prompt": ("system_prompt", "system_instruction", "system"),
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "max_length"),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "seed": ("seed",),
    "frequency_penalty": ("frequency_penalty",),
    "presence_penalty": ("presence_penalty",),
    "stop": ("stop_sequences", "stop"),
    "image": ("image", "image_prompt", "input_image"),
    "images": ("image_input", "images", "input_images"),
}
# What is sent where a model's inputs are not known.
COMMON = frozenset({"prompt", "system_prompt", "max_tokens"})


def inputs(request: dict[str, Any], known: Collection[str] | None) -> dict[str, Any]:
    """The input. `known` are the names of the model's inputs, None where these are not known."""
    messages = request.get("messages") or []
    found = turns.turns(messages)
    system = "\n\n".join(text for turn in found if turn.role == "system" and (text := turns.text_of(turn.message)))
    images = _images(messages)
    values = {
        **{name: request.get(name) for name in NAMES},
        "system_prompt": system or None,
        "stop": ",".join(request.get("stop") or ()) or None,
        "image": images[-1] if images else None,
        "images": images or None,
    }
    known = COMMON if known is None else known
    sent: dict[str, Any] = {}
    for name, value in values.items():
        field = next((each for each in NAMES[name] if each in known), None)
        if value is not None and field is not None:
            sent[field] = value
    prompt = _prompt([turn for turn in found if turn.role != "system"])
    if system and not any(name in sent for name in NAMES["system_prompt"]):
        prompt = f"{system}\n\n{prompt}"
    return {"prompt": prompt, **sent}


def _prompt(found: Sequence[turns.Turn]) -> str:
    """The conversation as one text; a single question stays as it is."""
    if len(found) == 1 and found[0].role == "user":
        return turns.text_of(found[0].message)
    lines: list[str] = []
    for turn in found:
        name = "Assistant" if turn.role == "assistant" else "User"
        if text := turns.text_of(turn.message):
            lines.append(f"{name}: {text}")
        lines += [f"Result of a tool: {turns.text_of(each)}" for each in turn.results]
    return "\n\n".join([*lines, "Assistant:"])


def _images(messages: Sequence[dict[str, Any]]) -> list[str]:
    parts = (part for message in messages for part in turns.parts(message.get("content")))
    return [url for part in parts if (url := turns.image_of(part)) is not None]
