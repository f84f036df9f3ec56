"""What a model gets of attachments, for any metadata of a message."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneai.chat.attachments import content_parts
from oneai.chat.attachments.content_parts import IMAGE_TOKENS, as_text, load_images, message_content
from oneai.chat.turn.context import Branch, HistoryMessage, estimate_prompt, fit, from_rows

CAT = {"type": "image", "name": "cat", "media_type": "image/png", "size": 9}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "text", "key", "url", "size", "media_type"]), inner, max_size=7
        )
    ),
    max_leaves=20,
)
# Mostly images, and mostly where nothing of the kind should be.
IMAGES = st.lists(
    st.fixed_dictionaries({"type": st.just("image")}, optional=dict.fromkeys(("name", "key", "url", "size"), JSON)),
    max_size=3,
)


@pytest.mark.exhaustive
@given(JSON | IMAGES, st.booleans())
def test_attachments_of_any_shape_can_be_read_fitted_and_estimated(attachments: Any, sees: bool) -> None:
    rows = [{"role": "user", "content": "Hello", "usage": None, "attachments": attachments}]

    messages = fit(Branch(from_rows(rows)), None, "And now?", 100_000, supports_vision=sees)

    assert estimate_prompt(messages) > 0
    assert messages[-1]["content"] == "And now?"


@given(JSON | IMAGES)
async def test_attachments_of_any_shape_can_be_loaded(attachments: Any) -> None:
    rows = [{"role": "user", "content": "Hello", "usage": None, "attachments": attachments}]
    messages = fit(Branch(from_rows(rows)), None, "And now?", 100_000, supports_vision=True)

    loaded = await load_images(messages, uuid4(), {})

    for message in loaded:
        for part in message["content"] if isinstance(message["content"], list) else []:
            assert part["type"] in ("text", "image_url")


@given(st.text(alphabet="`a\n", max_size=60))
def test_the_content_never_closes_its_fence(text: str) -> None:
    prompt = as_text("Question", [{"type": "text", "name": "notes", "text": text}], supports_vision=False)

    fence = prompt.split("\n")[1]
    assert set(fence) == {"`"}
    assert prompt == f"notes:\n{fence}\n{text}\n{fence}\n\nQuestion"
    assert fence not in text


def test_an_image_counts_the_same_for_each_user_and_only_for_models_that_see_it() -> None:
    shown = {**CAT, "key": "users/1/messages/2/sent-0.png"}
    asked = fit(Branch([]), None, "What?", 100_000, attachments=[shown], supports_vision=True)
    prompt = fit(Branch([]), None, "What?", 100_000, attachments=[shown], supports_vision=False)

    assert estimate_prompt(asked) - estimate_prompt(fit(Branch([]), None, "What?", 100_000)) == IMAGE_TOKENS
    assert prompt == [{"role": "user", "content": "[image: cat]\n\nWhat?"}]


def test_old_turns_with_images_are_dropped_first_if_the_context_is_full() -> None:
    shown = {**CAT, "key": "users/1/messages/2/sent-0.png"}
    history = [HistoryMessage("user", "Look", attachments=[shown]), HistoryMessage("assistant", "Nice")]

    assert len(fit(Branch(history), None, "More?", 2 * IMAGE_TOKENS, supports_vision=True)) == 3
    assert len(fit(Branch(history), None, "More?", IMAGE_TOKENS, supports_vision=True)) == 1
    assert len(fit(Branch(history), None, "More?", IMAGE_TOKENS, supports_vision=False)) == 3


async def test_the_newest_images_are_shown_and_the_others_named(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = uuid4()
    keys = [f"users/{owner}/messages/{n}.png" for n in range(4)]
    monkeypatch.setattr(content_parts, "IMAGES_BYTES", 20)
    messages = [
        {"role": "user", "content": message_content("", [{**CAT, "key": key}], supports_vision=True)} for key in keys
    ]

    loaded = await load_images(messages, owner, dict.fromkeys(keys, b"ninebytes"))

    kinds = [message["content"][1]["type"] for message in loaded]
    assert kinds == ["text", "text", "image_url", "image_url"]


async def test_a_key_of_another_user_and_an_internal_address_are_only_named() -> None:
    ravis = f"users/{uuid4()}/messages/1.png"
    along: list[dict[str, Any]] = [
        {**CAT, "key": ravis},
        {"type": "image", "name": "router", "url": "https://192.168.1.1/"},
    ]

    (message,) = await load_images(
        [{"role": "user", "content": message_content("Look", along, supports_vision=True)}],
        uuid4(),
        {ravis: b"a picture"},
    )

    assert [part["text"] for part in message["content"]] == ["Look", "[image: cat]", "[image: router]"]
