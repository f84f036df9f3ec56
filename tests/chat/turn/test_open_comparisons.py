"""Answers that were asked together stay beside each other in every read until one is chosen."""

from typing import Any

import pytest

from tests.conversations.links import create_link
from tests.world import World

TWO = ["local/echo", "openai/gpt-4.1-mini"]
WITH_A_FAILURE = ["local/echo", "local/reasoning-only", "local/reasoning"]


async def page_of(world: World, talk: str, who: str, **params: Any) -> dict[str, Any]:
    """A page of messages."""
    answer = await world.get(f"/conversations/{talk}/messages", who, **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def beside(page: dict[str, Any]) -> list[str]:
    """The ids of the answers beside the last message of a page."""
    return [each["id"] for each in page["compared"]]


async def compared(world: World, who: str, models: list[str] = TWO, **fields: Any) -> tuple[str, list[str]]:
    """The conversation and the ids of answers that were asked together."""
    question = None if "regenerate_of" in fields else "Which?"
    start = (await world.ask(question, who, compare=models, **fields)).start
    return start["conversation_id"], start["message_ids"]


async def activate(world: World, talk: str, who: str, message: str) -> None:
    answer = await world.post(f"/conversations/{talk}/messages/{message}/activation", None, who)
    assert answer.status_code == 200, answer.text


async def test_a_comparison_is_whole_in_every_read_until_one_is_chosen(shared: World) -> None:
    who = shared.newcomer()
    talk, (first, *others) = await compared(shared, who, WITH_A_FAILURE)

    page = await page_of(shared, talk, who)
    detail = (await shared.get(f"/conversations/{talk}", who)).json()["messages"]

    assert [each["id"] for each in page["items"]][-1] == first
    assert (beside(page), beside(detail)) == (others, others)
    assert [(each["state"], each["error_code"]) for each in page["compared"]] == [
        ("failed", "empty_answer"),
        ("complete", None),
    ]
    assert {each["turn_id"] for each in [page["items"][-1], *page["compared"]]} == {first}
    assert page["compared"][1]["reasoning"]["text"]

    await activate(shared, talk, who, others[1])

    page = await page_of(shared, talk, who)
    assert (page["items"][-1]["id"], beside(page)) == (others[1], [])


async def test_the_first_answer_can_be_chosen_too(shared: World) -> None:
    who = shared.newcomer()
    talk, (first, _) = await compared(shared, who)

    await activate(shared, talk, who, first)

    page = await page_of(shared, talk, who)
    assert (page["items"][-1]["id"], beside(page)) == (first, [])


async def test_a_next_question_ends_a_comparison(shared: World) -> None:
    who = shared.newcomer()
    talk, _ = await compared(shared, who)

    await shared.ask("And now?", who, conversation_id=talk)

    assert beside(await page_of(shared, talk, who)) == []


async def test_a_regeneration_ends_a_comparison(shared: World) -> None:
    who = shared.newcomer()
    talk, (first, _) = await compared(shared, who)

    await shared.ask(None, who, conversation_id=talk, regenerate_of=first)

    assert beside(await page_of(shared, talk, who)) == []


async def test_a_regeneration_by_several_models_is_a_comparison_of_its_own(shared: World) -> None:
    who = shared.newcomer()
    talk, (first, _) = await compared(shared, who)

    _, (third, fourth) = await compared(shared, who, conversation_id=talk, regenerate_of=first)

    page = await page_of(shared, talk, who)
    assert (page["items"][-1]["id"], beside(page)) == (third, [fourth])


async def test_pages_without_the_last_message_have_no_comparison(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("First", who)).start
    talk, others = await compared(shared, who, conversation_id=start["conversation_id"])

    older = await page_of(shared, talk, who, limit=1)
    oldest = await page_of(shared, talk, who, limit=1, direction="newer")

    assert (len(older["items"]), beside(older), older["next_cursor"] is None) == (1, others[1:], False)
    assert (len(oldest["items"]), beside(oldest)) == (1, [])


async def test_a_single_answer_and_old_rows_without_a_turn_are_no_comparison(shared: World) -> None:
    who = shared.newcomer()
    talk, _ = await compared(shared, who)
    shared.database.rows("update oneai.chat_messages set turn_id = null where conversation_id = %s", talk)
    single = (await shared.ask("Alone", who)).start["conversation_id"]

    assert [beside(await page_of(shared, each, who)) for each in (talk, single)] == [[], []]


@pytest.mark.parametrize("kind", ["snapshot", "live"])
async def test_a_share_shows_a_comparison_and_thoughts_only_as_its_owner_says(shared: World, kind: str) -> None:
    who = shared.newcomer()
    talk, (_, _, third) = await compared(shared, who, WITH_A_FAILURE)
    plain = await create_link(shared, talk, who, kind)
    with_thoughts = await create_link(shared, talk, who, kind, show_reasoning=True)

    async def read(token: str) -> dict[str, Any]:
        found: dict[str, Any] = (await shared.get(f"/shared/{token}", None)).json()["messages"]
        return found

    shown = await read(plain.token)
    assert [each["requested_model"] for each in [shown["items"][-1], *shown["compared"]]] == WITH_A_FAILURE
    assert [each["reasoning"] for each in shown["compared"]] == [None, None]
    assert all(each["reasoning"] for each in (await read(with_thoughts.token))["compared"])

    await activate(shared, talk, who, third)
    # A snapshot stays what it was.
    assert len((await read(plain.token))["compared"]) == (2 if kind == "snapshot" else 0)


async def test_a_copy_of_a_shared_comparison_is_a_comparison(shared: World) -> None:
    who, reader = shared.newcomer(), shared.newcomer()
    talk, _ = await compared(shared, who, WITH_A_FAILURE)
    link = await create_link(shared, talk, who, show_reasoning=True)

    copy = (await shared.post(f"/shared/{link.token}/fork", None, reader)).json()["conversation_id"]

    page = await page_of(shared, copy, reader)
    assert [each["requested_model"] for each in [page["items"][-1], *page["compared"]]] == WITH_A_FAILURE
    assert page["compared"][1]["reasoning"]["text"]
    assert page["items"][-1]["parent_message_id"] == page["items"][0]["id"]


@pytest.mark.parametrize("file_format", ["markdown", "html", "txt"])
async def test_an_export_has_open_comparisons_and_labelled_thoughts(shared: World, file_format: str) -> None:
    who = shared.newcomer()
    talk, (first, *_) = await compared(shared, who, WITH_A_FAILURE)

    async def export() -> str:
        return (await shared.get(f"/conversations/{talk}/export", who, format=file_format)).text

    text = await export()
    assert text.count("asked together with the answer above") == 2
    assert text.count("Let me think about that.") == 2
    assert text.count("Reasoning") == 2

    await activate(shared, talk, who, first)
    text = await export()
    assert "asked together" not in text
    assert "Let me think" not in text


async def test_a_conversation_deleted_during_a_comparison_ends_every_answer(shared: World) -> None:
    who = shared.newcomer()
    async with shared.asking("Which?", who, compare=["local/slow", "local/long"]) as stream:
        await stream.next()
        talk = stream.result.start["conversation_id"]
        await shared.http.delete(f"/conversations/{talk}", headers=shared.headers(who))
        await stream.to_the_end()

    assert sum(name in ("done", "error") for name in stream.result.names) == 2
    assert (await shared.get(f"/conversations/{talk}/messages", who)).status_code == 404
