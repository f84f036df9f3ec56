"""A conversation is named by the first words of its first question as soon as the question is admitted."""

import asyncio
from typing import Any

import pytest

from oneai.chat.turn.first_words import first_words
from tests.world import World


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("How do I cook rice?", "How do I cook rice?"),
        ("  Two\n\nlines\tand   spaces ", "Two lines and spaces"),
        ("# Plan\n\n- **Pack** the `bag`\n1. Go", "Plan Pack the bag Go"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("Why does [this page](https://example.com/a) fail?", "Why does this page fail?"),
        ("C# and snake_case", "C# and snake_case"),
        ("word " * 40, "word " * 11 + "word…"),
        ("x" * 200, "x" * 59 + "…"),
        ("See " + "x" * 200, "See " + "x" * 55 + "…"),
        ("सूत्र " * 30, "सूत्र " * 9 + "सूत्र…"),
        ("你好" * 50, "你好" * 29 + "你…"),
        ("👨‍👩‍👧‍👦" * 20, "👨‍👩‍👧‍👦" * 8 + "…"),
        ("A\u202eb\u200bc\0", "Abc\ufffd"),
        ("***", "***"),
        ("```\n```", "``` ```"),
    ],
)
def test_a_name_is_one_short_plain_line_of_whole_words(question: str, name: str) -> None:
    assert first_words(question) == name
    assert len(name) <= 60


async def of(world: World, who: str, conversation: str) -> dict[str, Any]:
    """The conversation."""
    found: dict[str, Any] = (await world.get(f"/conversations/{conversation}", who)).json()
    return found


@pytest.mark.parametrize(
    ("model", "state"), [("local/empty", "failed"), ("local/eof-midway", "truncated"), ("local/echo", "complete")]
)
async def test_a_conversation_has_its_name_even_if_its_answer_fails(model: str, state: str, shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Explain how monsoons form, in five short sentences for a child", who, model=model)

    assert result.last["state"] == state
    conversation = await of(shared, who, result.start["conversation_id"])
    assert conversation["title"] == "Explain how monsoons form, in five short sentences for a…"
    assert conversation["title_source"] == "auto"


async def test_the_list_has_the_name_while_the_answer_is_written(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("How slow is slow?", who, model="local/slow") as stream:
        await stream.next()
        listed = (await shared.get("/conversations", who)).json()["items"]
        await shared.post("/chat/stop", {"message_id": stream.result.start["message_id"]}, who)
        await stream.to_the_end()

    assert [each["title"] for each in listed] == ["How slow is slow?"]


async def test_a_refused_question_names_nothing(shared: World) -> None:
    who = shared.newcomer()
    created = (await shared.post("/conversations", {"system_prompt": "Rhyme."}, who)).json()

    refused = await shared.ask("Hello", who, model="openai/o1-pro", conversation_id=created["id"])

    assert refused.status == 403
    assert (await of(shared, who, created["id"]))["title"] is None


async def test_a_conversation_that_was_created_first_is_named_by_its_question(shared: World) -> None:
    who = shared.newcomer()
    created = (await shared.post("/conversations", {"system_prompt": "Rhyme."}, who)).json()
    assert created["title"] is None

    await shared.ask("Hello there", who, model="local/echo", conversation_id=created["id"])
    await shared.ask("And again", who, model="local/echo", conversation_id=created["id"])

    assert (await of(shared, who, created["id"]))["title"] == "Hello there"


async def test_an_edit_of_the_first_question_names_the_conversation_again(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("What is lentil?", who, model="local/empty")
    talk = first.start["conversation_id"]

    await shared.ask("What is dal?", who, model="local/echo", edit_of=first.start["user_message_id"])

    assert (await of(shared, who, talk))["title"] == "What is dal?"


async def test_a_chosen_title_survives_an_edit_of_the_first_question(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("What is lentil?", who, model="local/echo")
    talk = first.start["conversation_id"]
    await shared.http.patch(f"/conversations/{talk}", json={"title": "Mine"}, headers=shared.headers(who))

    await shared.ask("What is dal?", who, model="local/echo", edit_of=first.start["user_message_id"])

    assert (await of(shared, who, talk))["title"] == "Mine"


async def test_concurrent_first_questions_name_their_own_conversations(shared: World) -> None:
    who = shared.newcomer()

    results = await asyncio.gather(*(shared.ask(f"Question number {n}", who, model="local/echo") for n in range(2)))

    names = [(await of(shared, who, each.start["conversation_id"]))["title"] for each in results]
    assert names == ["Question number 0", "Question number 1"]
