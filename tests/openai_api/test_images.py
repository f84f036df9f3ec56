"""Images in answers: OpenAI's chat completions have none, and OpenRouter's clients ask for them by `modalities`."""

from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from oneai.chat.attachments import generated_images
from stand_ins.openrouter.answers import picture
from tests.openai_api.test_chat_completions import MODEL, asking, chunks_of
from tests.world import World

DRAWS = "google/gemini-2.5-flash-image"
BODY: dict[str, Any] = {"model": DRAWS, "messages": asking("Draw a cat"), "modalities": ["image", "text"]}
IMAGE = {"type": "image_url", "image_url": {"url": generated_images.label(picture())}, "index": 0}


async def test_an_image_model_answers_with_text_and_takes_a_text_unit(shared: World) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/chat/completions", {"model": DRAWS, "messages": asking("Draw a cat")}, who)

    assert "Draw a cat" in answer.json()["choices"][0]["message"]["content"]
    assert shared.quota(who, "image_generation") == (0, 0)
    assert shared.quota(who) == (1, 0)


async def test_requested_images_are_part_of_the_message_and_take_an_image_unit(shared: World) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/chat/completions", BODY, who)

    message = ChatCompletion.model_validate_json(answer.content).choices[0].message
    assert message.model_dump()["images"] == [IMAGE]
    assert "Draw a cat" in (message.content or "")
    assert (shared.quota(who, "image_generation"), shared.quota(who)) == ((1, 0), (0, 0))


async def test_streamed_images_are_part_of_a_delta(shared: World) -> None:
    chunks = await chunks_of(shared, shared.newcomer(), **BODY)

    deltas = [choice.delta.model_dump() for chunk in chunks for choice in chunk.choices]
    assert [image for delta in deltas for image in delta.get("images") or ()] == [IMAGE]
    assert chunks[-1].choices[0].finish_reason == "stop"


async def test_a_retry_receives_the_images_again(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.post("/v1/chat/completions", BODY, who)
    again = await shared.http.post(
        "/v1/chat/completions", json=BODY, headers=shared.headers(who, **{"x-stainless-retry-count": "1"})
    )

    assert again.json() == first.json()
    assert again.json()["choices"][0]["message"]["images"] == [IMAGE]
    assert shared.quota(who, "image_generation") == (1, 0)


@pytest.mark.parametrize("body", [{"model": MODEL}, {"modalities": ["text", "audio"]}])
async def test_an_unsupported_modality_is_refused(shared: World, body: dict[str, Any]) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/chat/completions", {**BODY, **body}, who)

    assert answer.status_code == 400, answer.text
    assert (answer.json()["error"]["param"], answer.json()["error"]["code"]) == ("modalities", "unsupported_value")
    assert shared.quota(who) == (0, 0)
