"""Thoughts and comparisons that similar products lost, doubled or leaked."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.archive.trees import conversation_ids, import_file
from tests.world import World

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
COMPARED = ["local/echo", "local/reasoning"]


def load(case: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / f"{case}.json").read_text())
    return value


def upstream(deltas: list[dict[str, Any]]) -> str:
    """The body of the upstream's response; `local/verbatim` sends the question back as one."""
    choices = [{"index": 0, "delta": delta} for delta in deltas]
    frames = [{"id": "gen-1", "choices": [each]} for each in choices]
    end = {"id": "gen-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return "".join(f"data: {json.dumps(each)}\n\n" for each in [*frames, end]) + "data: [DONE]\n\n"


async def answer_of(world: World, talk: str, who: str) -> dict[str, Any]:
    """The first answer of the conversation, with all of its thoughts."""
    message: dict[str, Any] = (await world.get(f"/conversations/{talk}/messages", who)).json()["items"][1]
    return message


async def thoughts_of(world: World, talk: str, message: dict[str, Any], who: str) -> str:
    """The thoughts in the page, or those that the page only counts."""
    text = message["reasoning"]["text"]
    if text is None:
        text = (await world.get(f"/conversations/{talk}/messages/{message['id']}/reasoning", who)).json()["text"]
    return str(text)


@pytest.mark.parametrize("case", [path.stem for path in CASES])
async def test_thoughts_are_whole_in_pages_exports_and_imports_and_never_sent(shared: World, case: str) -> None:
    who, other = shared.newcomer(), shared.newcomer()
    expected = load(case)

    talk = (await shared.ask(upstream(expected["deltas"]), who, model="local/verbatim")).start["conversation_id"]

    answer = await answer_of(shared, talk, who)
    assert (answer["content"], await thoughts_of(shared, talk, answer, who)) == (
        expected["content"],
        expected["reasoning"],
    )
    assert answer["reasoning"]["length"] == len(expected["reasoning"])

    file = (await shared.get(f"/conversations/{talk}/export", who)).content
    await import_file(shared, file, other)
    (copy,) = conversation_ids(shared, other)
    imported = await answer_of(shared, copy, other)
    assert (imported["content"], await thoughts_of(shared, copy, imported, other)) == (
        expected["content"],
        expected["reasoning"],
    )

    await shared.ask("And now?", other, conversation_id=copy, model="local/echo")
    sent = (await shared.sent_upstream())[-1]["messages"]
    assert [each["content"] for each in sent if each["role"] == "assistant"] == [expected["content"]]


async def test_a_correction_by_hand_has_no_thoughts_and_the_original_keeps_its_own(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Hello", who, model="local/reasoning")).start
    address = f"/conversations/{start['conversation_id']}/messages/{start['message_id']}"

    corrected = await shared.http.patch(address, json={"content": "Better."}, headers=shared.headers(who))

    assert (corrected.json()["content"], corrected.json()["reasoning"]) == ("Better.", None)
    versions = (await shared.get(f"{address}/revisions", who)).json()["items"]
    assert [bool(each["reasoning"]) for each in versions] == [True, False]


async def test_only_the_users_choice_chooses_between_compared_answers(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Which?", who, compare=COMPARED)).start
    talk, (_, second) = start["conversation_id"], start["message_ids"]

    rated = await shared.http.put(
        f"/conversations/{talk}/messages/{second}/feedback", json={"rating": 1}, headers=shared.headers(who)
    )
    await shared.ask("Another conversation", who)
    for path in (f"messages/{second}/revisions", f"messages/{second}/receipt", "export"):
        await shared.get(f"/conversations/{talk}/{path}", who)

    assert rated.status_code == 200
    page = (await shared.get(f"/conversations/{talk}", who)).json()["messages"]
    assert [each["id"] for each in page["compared"]] == [second]


async def test_a_model_is_not_compared_with_itself(shared: World) -> None:
    refused = await shared.ask("Which?", shared.newcomer(), compare=["local/echo", "local/echo"])

    assert refused.status == 422
