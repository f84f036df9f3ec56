"""Attachments of a question: what the model gets, what is kept, and what the user sees again."""

from typing import Any

import pytest

from oneai import files, settings
from oneai.clients import s3
from tests.chat.pictures import (
    BLIND,
    GIF,
    JPEG,
    PNG,
    SEES,
    WEBP,
    data_url,
    fetched,
    image,
    last_content,
    question_of,
    text,
    uploaded,
)
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
    ids=["png", "jpeg", "gif", "webp"],
)
async def test_a_picture_is_shown_to_the_model_and_later_to_the_user(
    shared: World, data: bytes, media_type: str
) -> None:
    who = shared.newcomer()

    result = await shared.ask("What is this?", who, model=SEES, attachments=[image(data, media_type, name="pet")])

    assert result.last["state"] == "complete"
    assert await last_content(shared) == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": data_url(data, media_type)}},
    ]
    (shown,) = (await question_of(shared, result, who))["metadata"]["attachments"]
    assert set(shown) == {"type", "name", "media_type", "size", "url", "expires_at"}
    assert (shown["type"], shown["name"], shown["media_type"], shown["size"]) == ("image", "pet", media_type, len(data))
    seen = await fetched(shared, shown["url"])
    assert (seen.status_code, seen.content, seen.headers["content-type"]) == (200, data, media_type)


async def test_the_database_does_not_store_the_picture_itself(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("What is this?", who, model=SEES, attachments=[image()])

    (metadata,) = shared.database.rows(
        "select metadata from oneai.chat_messages where id = %s", result.start["user_message_id"]
    )
    (kept,) = metadata["attachments"]
    assert set(kept) == {"type", "name", "media_type", "size", "key"}
    assert kept["key"].startswith(f"users/{shared.people[who]}/messages/")


async def test_an_external_address_is_passed_on_and_never_fetched_by_us(shared: World) -> None:
    who = shared.newcomer()
    url = "https://example.com/cat.png?size=large"

    result = await shared.ask("Whose cat?", who, model=SEES, attachments=[{"type": "image", "url": url}])

    assert (await last_content(shared))[1] == {"type": "image_url", "image_url": {"url": url}}
    (shown,) = (await question_of(shared, result, who))["metadata"]["attachments"]
    assert shown == {"type": "image", "name": "image", "url": url}


async def test_a_text_file_is_fenced_in_the_prompt_by_a_fence_it_does_not_contain(shared: World) -> None:
    who = shared.newcomer()
    notes = "# Notes\n````\ncode\n````\nIgnore this:\0\n```"

    result = await shared.ask("Summarise", who, model=BLIND, attachments=[text(notes, "my\nnotes.md")])

    kept = notes.replace("\0", "\ufffd")
    assert await last_content(shared) == f"my notes.md:\n`````\n{kept}\n`````\n\nSummarise"
    (shown,) = (await question_of(shared, result, who))["metadata"]["attachments"]
    assert (shown["type"], shown["name"], shown["text"]) == ("text", "my notes.md", kept)


async def test_an_upload_is_a_picture_or_a_text_by_its_content(shared: World) -> None:
    who = shared.newcomer()
    cat = await uploaded(shared, who, PNG, "cat.png", "image/png")
    notes = await uploaded(shared, who, "\ufeffनमस्ते\n".encode(), "notes.txt", "text/plain")
    along: list[dict[str, Any]] = [
        {"type": "image", "upload_id": cat},
        {"type": "file", "upload_id": notes},
        {"type": "file", "upload_id": cat, "name": "again"},
    ]

    result = await shared.ask("What is all this?", who, model=SEES, attachments=along)

    said, first, second = await last_content(shared)
    assert said["text"] == "notes.txt:\n```\nनमस्ते\n\n```\n\nWhat is all this?"
    assert first == second == {"type": "image_url", "image_url": {"url": data_url()}}
    shown = (await question_of(shared, result, who))["metadata"]["attachments"]
    assert [(each["type"], each["name"], each["upload_id"]) for each in shown] == [
        ("image", "cat.png", cat),
        ("text", "notes.txt", notes),
        ("image", "again", cat),
    ]
    assert (await fetched(shared, shown[2]["url"])).content == PNG
    used = shared.database.rows("select used_at is not null from oneai.uploads where user_id = %s", shared.people[who])
    assert used == [True, True]


async def test_a_message_keeps_its_picture_after_the_upload_expires(shared: World) -> None:
    who = shared.newcomer()
    cat = await uploaded(shared, who, PNG, "cat.png", "image/png")
    result = await shared.ask("Look", who, model=SEES, attachments=[{"type": "image", "upload_id": cat}])
    await s3.delete(f"uploads/{shared.people[who]}/{cat}")

    (shown,) = (await question_of(shared, result, who))["metadata"]["attachments"]
    assert (await fetched(shared, shown["url"])).content == PNG


async def test_later_turns_include_earlier_attachments(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model=SEES, attachments=[image(), text("a note")])
    talk = first.start["conversation_id"]

    await shared.ask("Second", who, model=SEES, conversation_id=talk)
    messages = (await shared.sent_upstream())[-1]["messages"]
    assert messages[0]["content"] == [
        {"type": "text", "text": "notes.md:\n```\na note\n```\n\nFirst"},
        {"type": "image_url", "image_url": {"url": data_url()}},
    ]
    assert messages[-1]["content"] == "Second"

    await shared.ask("Third", who, model=BLIND, conversation_id=talk)
    messages = (await shared.sent_upstream())[-1]["messages"]
    assert messages[0]["content"] == "[image: image]\n\nnotes.md:\n```\na note\n```\n\nFirst"


async def test_a_lost_picture_is_named_in_its_place(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model=SEES, attachments=[image(name="cat.png")])
    await s3.delete_all(f"users/{shared.people[who]}/")

    result = await shared.ask("Second", who, model=SEES, conversation_id=first.start["conversation_id"])

    assert result.last["state"] == "complete"
    content = (await shared.sent_upstream())[-1]["messages"][0]["content"]
    assert content == [{"type": "text", "text": "First"}, {"type": "text", "text": "[image: cat.png]"}]


async def test_an_edit_keeps_the_attachments_unless_it_brings_its_own(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model=SEES, attachments=[image(name="cat.png")])
    question = first.start["user_message_id"]

    kept = await shared.ask("Better", who, model=SEES, edit_of=question)
    assert (await last_content(shared))[1]["image_url"]["url"] == data_url()
    (shown,) = (await question_of(shared, kept, who))["metadata"]["attachments"]
    assert shown["name"] == "cat.png"

    await shared.ask("Other", who, model=SEES, edit_of=question, attachments=[image(JPEG, "image/jpeg")])
    assert (await last_content(shared))[1]["image_url"]["url"] == data_url(JPEG, "image/jpeg")

    await shared.ask("None", who, model=SEES, edit_of=question, attachments=[])
    assert await last_content(shared) == "None"


async def test_a_regenerated_answer_gets_the_same_question_and_attachments(shared: World) -> None:
    who = shared.newcomer()
    first = await shared.ask("First", who, model=SEES, attachments=[image()])
    answer = first.start["message_id"]

    again = await shared.ask(None, who, model="openai/gpt-4.1", regenerate_of=answer)
    assert again.last["state"] == "complete"
    assert (await last_content(shared))[1]["image_url"]["url"] == data_url()

    blind = await shared.ask(None, who, model=BLIND, regenerate_of=answer)
    assert (blind.status, blind.body["error"]["details"][0]["field"]) == (422, "model")
    other = await shared.ask(None, who, model=SEES, regenerate_of=answer, attachments=[image(JPEG, "image/jpeg")])
    assert (other.status, other.body["error"]["details"][0]["field"]) == (422, "attachments")


async def test_compared_models_see_the_same_picture_which_is_stored_once(shared: World) -> None:
    who = shared.newcomer()

    result = await shared.ask("Which?", who, compare=[SEES, "openai/gpt-4.1"], attachments=[image()])

    assert result.names[-1] == "end"
    contents = [request["messages"][-1]["content"] for request in (await shared.sent_upstream())[-2:]]
    assert [content[1]["image_url"]["url"] for content in contents] == [data_url()] * 2


async def test_a_repeated_question_gets_the_same_answer_after_the_upload_expires(shared: World) -> None:
    who = shared.newcomer()
    cat = await uploaded(shared, who, PNG, "cat.png", "image/png")
    along = [{"type": "image", "upload_id": cat}]
    key = {"headers": {"idempotency-key": "once"}}
    first = await shared.ask("Look", who, model=SEES, attachments=along, **key)
    shared.database.rows("delete from oneai.uploads where id = %s", cat)

    again = await shared.ask("Look", who, model=SEES, attachments=along, **key)

    assert again.start == first.start
    assert again.text == first.text
    assert shared.quota(who) == (1, 0)
    other = await shared.ask("Look", who, model=SEES, attachments=[image()], **key)
    assert (other.status, other.code) == (409, "idempotency_conflict")


async def test_four_megabytes_are_accepted_and_a_byte_more_is_refused(shared: World) -> None:
    who = shared.newcomer()
    # Base64 has four characters for three bytes, and twenty-two stand before it.
    one, other = 2_097_128 // 4 * 3, 2_097_132 // 4 * 3
    whole = [image(PNG + bytes(size - len(PNG))) for size in (one, other)]
    assert sum(len(each["url"]) for each in whole) == 4 * 1024 * 1024

    taken = await shared.ask("Both", who, model=SEES, attachments=whole)
    assert taken.last["state"] == "complete", taken.body

    more = [whole[0], image(PNG + bytes(other + 3 - len(PNG)))]
    refused = await shared.ask("Both", who, model=SEES, attachments=more)
    assert (refused.status, refused.body["error"]["details"][0]["field"]) == (422, "attachments")


async def test_a_picture_counts_in_the_estimate_of_the_answer(shared: World) -> None:
    held = []
    for along in ([], [image()], [image(), image(JPEG, "image/jpeg")]):
        who = shared.newcomer()
        await shared.ask("What is this?", who, model="openai/gpt-4.1", attachments=along)
        held.append(
            shared.database.one(
                "select prompt_micro_usd from oneai.reservations where user_id = %s", shared.people[who]
            )
        )

    # 1600 tokens at two dollars per million.
    assert [more - held[0] for more in held[1:]] == [3200, 6400]


async def test_deleting_the_conversation_deletes_its_pictures(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("Look", who, model=SEES, attachments=[image()])
    (shown,) = (await question_of(shared, result, who))["metadata"]["attachments"]

    assert (
        await shared.http.delete(f"/conversations/{result.start['conversation_id']}", headers=shared.headers(who))
    ).status_code == 204
    shared.database.rows("update oneai.files_to_remove set requested_at = requested_at - interval '1 hour'")

    assert (await files.remove_unreferenced())["removed"] >= 1
    assert (await fetched(shared, shown["url"])).status_code == 404


async def test_a_storage_outage_fails_the_answer_before_the_model_is_asked(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    asked = len(await shared.sent_upstream())
    monkeypatch.setenv("STORAGE_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.reset_cache()
    result = await shared.ask("Look", who, model=SEES, attachments=[image()])
    monkeypatch.undo()
    settings.reset_cache()

    assert (result.last["state"], result.code) == ("failed", "busy")
    assert len(await shared.sent_upstream()) == min(asked, 200)
    assert shared.quota(who) == (0, 0)
