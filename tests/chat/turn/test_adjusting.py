"""Versions that change an answer: what the model reads, what is held and charged, and how the version is marked."""

import json
from typing import Any
from uuid import uuid4

import pytest

from oneai.adjustments import LANGUAGES
from oneai.chat.turn.adjust import Adjustment
from tests.chat.branches import message, read, seen
from tests.world import StreamResult, World

ECHO = "local/echo"


async def _adjusted(
    world: World, who: str, answer: StreamResult, kind: str, language: str | None = None, **fields: Any
) -> StreamResult:
    adjust = {"kind": kind, **({"language": language} if language else {})}
    return await world.ask(None, who, regenerate_of=answer.start["message_id"], adjust=adjust, **fields)


def _metadata(world: World, result: StreamResult) -> dict[str, Any]:
    found: dict[str, Any] = world.database.one(
        "select metadata from oneai.chat_messages where id = %s", result.start["message_id"]
    )
    return found


def _truncate(world: World, result: StreamResult, text: str) -> None:
    world.database.rows(
        "update oneai.chat_messages set content = %s, state = 'truncated' where id = %s",
        *(text, result.start["message_id"]),
    )


@pytest.mark.parametrize("kind", ["shorter", "longer", "simpler"])
async def test_a_rewritten_answer_is_a_version_whose_prompt_has_the_answer(kind: Any, shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("Before", who, model=ECHO)
    old = await shared.ask("A question", who, model=ECHO, conversation_id=first.start["conversation_id"])

    new = await _adjusted(shared, who, old, kind)

    instruction = Adjustment(kind=kind).instruction()
    assert await read(shared) == ["Before", "Before", "A question", "A question", instruction]
    roles = [each["role"] for each in (await shared.sent_upstream())[-1]["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    stored = message(shared, new.start["message_id"])
    assert (stored.content, stored.type, stored.original) == (instruction, "regeneration", old.start["message_id"])
    assert _metadata(shared, new) == {"adjust": {"kind": kind}}
    assert shared.quota(who) == (3, 0)


async def test_a_translation_names_its_language_to_the_model_and_in_the_version(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)

    new = await _adjusted(shared, who, old, "translate", "hi")

    assert "into Hindi." in new.text
    assert _metadata(shared, new) == {"adjust": {"kind": "translate", "language": "hi"}}
    page = (await shared.get(f"/conversations/{old.start['conversation_id']}/messages", who)).json()
    assert page["items"][1]["metadata"]["adjust"] == {"kind": "translate", "language": "hi"}


async def test_a_continued_answer_begins_with_the_text_it_continues(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "The first half")

    new = await _adjusted(shared, who, old, "continue")

    instruction = Adjustment(kind="continue").instruction()
    assert new.text == f"The first half{instruction}" == message(shared, new.start["message_id"]).content
    assert await read(shared) == ["A question", "The first half", instruction]
    assert _metadata(shared, new) == {"adjust": {"kind": "continue", "continued_from": 14}}
    assert message(shared, old.start["message_id"]).content == "The first half"
    again = await shared.resume(new.start["message_id"], 20, who)
    assert again.text == new.text[20:]


async def test_only_the_new_text_of_a_continued_answer_is_charged(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "long " * 15_000)

    new = await _adjusted(shared, who, old, "continue", model="local/no-usage")

    usage = new.last["usage"]
    assert usage["estimated"]
    assert usage["completion_tokens"] < 500
    assert usage["prompt_tokens"] > 15_000


async def test_a_continuation_that_fails_before_its_first_word_has_no_text_and_is_free(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)

    new = await _adjusted(shared, who, old, "continue", model="local/error-503")

    assert new.last["state"] == "failed"
    assert message(shared, new.start["message_id"]).content == ""
    assert message(shared, old.start["message_id"]).content == "A question"
    assert shared.quota(who) == (1, 0)


async def test_a_continuation_that_breaks_off_keeps_both_parts(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)

    new = await _adjusted(shared, who, old, "continue", model="local/error-midway")

    assert new.last["state"] == "truncated"
    assert message(shared, new.start["message_id"]).content == "A questionThis answer fails in the"


async def test_an_adjusted_answer_can_be_adjusted_and_continued_again(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "One")
    two = await _adjusted(shared, who, old, "continue", model="local/error-midway")

    three = await _adjusted(shared, who, two, "continue", model="local/eof-midway")

    assert three.text.startswith("OneThis answer fails in the")
    assert three.text.endswith("This answer ends in the")
    assert seen(shared, old.start["conversation_id"])[-1] == three.text


async def test_the_next_question_counts_all_of_a_continued_answer(shared: World) -> None:
    """The upstream's count of its tokens has only the new part."""
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "a b c d " * 12_000)
    new = await _adjusted(shared, who, old, "continue", model=ECHO)
    talk = new.start["conversation_id"]

    await shared.ask("Next", who, conversation_id=talk, model=ECHO)

    assert await read(shared) == ["Next"], "the answer exceeds the plan's 16,000 tokens"


@pytest.mark.parametrize("text", ["Short", "Zeile mit Umlaut: ä\n" * 500, "नमस्ते 🥖" * 2_000])
async def test_what_is_held_for_an_adjustment_is_what_is_sent_or_more(text: str, shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, text)

    new = await _adjusted(shared, who, old, "longer", model="openai/gpt-4.1-mini")

    held = shared.database.one("select prompt_tokens from oneai.reservations where id = %s", new.start["message_id"])
    sent = [each["content"] for each in (await shared.sent_upstream())[-1]["messages"]]
    assert held * 3 >= sum(len(json.dumps(each, ensure_ascii=False).encode()) for each in sent)


async def test_the_same_adjustment_under_one_id_is_asked_once(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    id_ = str(uuid4())
    one = await _adjusted(shared, who, old, "shorter", message_id=id_)

    two = await _adjusted(shared, who, old, "shorter", message_id=id_)
    other = await shared.post(
        "/chat/stream",
        {"regenerate_of": old.start["message_id"], "adjust": {"kind": "longer"}, "message_id": id_},
        who,
    )

    assert two.text == one.text
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_conflict")
    assert shared.quota(who) == (2, 0)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"message": "Hello", "adjust": {"kind": "shorter"}}, "adjust", "excluded"),
        ({"adjust": {"kind": "louder"}}, "adjust.kind", "not_a_choice"),
        ({"adjust": {"kind": "translate"}}, "adjust.language", "required"),
        ({"adjust": {"kind": "shorter", "language": "hi"}}, "adjust.language", "excluded"),
        ({"adjust": {"kind": "translate", "language": "Klingon. Ignore"}}, "adjust.language", "not_a_choice"),
        ({"adjust": {"kind": "shorter"}, "web_search": True}, "web_search", "excluded"),
        ({"adjust": {"kind": "shorter"}, "compare": [ECHO, "local/reasoning"]}, "compare", "excluded"),
    ],
)
async def test_an_adjustment_that_cannot_be_made_is_refused_by_its_field(
    fields: dict[str, Any], field: str, code: str, shared: World
) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    body = fields if "message" in fields else {"regenerate_of": old.start["message_id"], **fields}

    refused = await shared.post("/chat/stream", body, who)

    assert refused.status_code == 422
    assert [(each["field"], each["code"]) for each in refused.json()["error"]["details"]] == [(field, code)]


async def test_an_answer_without_text_cannot_be_adjusted(shared: World) -> None:
    who = shared.newcomer()
    failed = await shared.ask("A question", who, model="local/empty")

    refused = await shared.post(
        "/chat/stream", {"regenerate_of": failed.start["message_id"], "adjust": {"kind": "shorter"}}, who
    )

    assert refused.json()["error"]["details"] == [
        {"field": "regenerate_of", "code": "no_text", "message": "This answer has no text to change."}
    ]


async def test_an_answer_that_is_too_long_for_the_plan_cannot_be_adjusted(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "x" * 100_000)

    refused = await shared.post(
        "/chat/stream", {"regenerate_of": old.start["message_id"], "adjust": {"kind": "continue"}}, who
    )

    assert refused.json()["error"]["details"][0]["code"] == "too_long"


async def test_the_quote_of_an_adjustment_counts_the_answer(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO)
    _truncate(shared, old, "word " * 3_000)
    again = {"regenerate_of": old.start["message_id"]}

    plain = (await shared.post("/quota/quote", again, who)).json()
    adjusted = (await shared.post("/quota/quote", {**again, "adjust": {"kind": "simpler"}}, who)).json()

    more = adjusted["basis"][0]["prompt_tokens"] - plain["basis"][0]["prompt_tokens"]
    assert more >= 5_000, "15,000 bytes, three of them a token"


async def test_an_adjusted_answer_keeps_the_pages_it_cites_and_does_not_search(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model="local/cites-pages", web_search=False)
    talk = old.start["conversation_id"]
    shared.database.rows("update oneai.conversations set web_search = true where id = %s", talk)
    pages = _metadata(shared, old)["sources"]

    new = await _adjusted(shared, who, old, "shorter", model=ECHO)

    assert _metadata(shared, new)["sources"] == pages
    assert ("sources", {"sources": pages}) in [(name, data) for name, data, _ in new.events]
    assert "tools" not in (await shared.sent_upstream())[-1]
    assert shared.quota(who, "web_searches") == (0, 0)


async def test_a_temporary_answer_is_adjusted_and_remains_temporary(shared: World) -> None:
    who = shared.newcomer()
    old = await shared.ask("A question", who, model=ECHO, temporary=True)

    new = await _adjusted(shared, who, old, "simpler")

    assert new.last["state"] == "complete"
    temporary = "select temporary from oneai.conversations where id = %s"
    assert shared.database.one(temporary, new.start["conversation_id"])


def test_every_language_of_a_translation_has_a_name() -> None:
    for language, name in LANGUAGES.items():
        assert f"into {name}." in Adjustment(kind="translate", language=language).instruction()
