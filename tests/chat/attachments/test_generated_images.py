"""Generated images: kept in the storage, shown by links that expire, counted only where one came."""

import asyncio
import json
from typing import Any

import pytest

from oneai import files, settings
from oneai.clients import s3
from oneai.errors import NotFound
from stand_ins.openrouter import answers
from tests.chat.pictures import fetched
from tests.world import StreamResult, World

pytestmark = pytest.mark.sampled(0.4)

DRAWS = "google/gemini-2.5-flash-image"


async def answer_of(world: World, result: StreamResult, who: str = "asha") -> Any:
    """The answer as its conversation shows it."""
    page = (await world.get(f"/conversations/{result.start['conversation_id']}/messages", who)).json()
    return page["items"][-1]


async def test_a_generated_image_is_linked_in_the_finished_answer(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)

    assert result.last["state"] == "complete"
    assert result.last["quota"]["key"] == "image_generation"
    (image,) = (await answer_of(world, result))["metadata"]["images"]
    assert set(image) == {"url", "media_type", "size", "expires_at"}
    seen = await fetched(world, image["url"])
    assert (seen.status_code, seen.headers["content-type"], len(seen.content)) == (200, "image/png", image["size"])
    assert seen.content.startswith(b"\x89PNG")


async def test_an_expired_link_is_replaced_on_the_next_read(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)
    (image,) = (await answer_of(world, result))["metadata"]["images"]

    world.database.advance(14 * 60)
    assert (await fetched(world, image["url"])).status_code == 200
    world.database.advance(2 * 60)
    assert (await fetched(world, image["url"])).status_code == 403

    (again,) = (await answer_of(world, result))["metadata"]["images"]
    assert again["expires_at"] > image["expires_at"]
    assert (await fetched(world, again["url"])).status_code == 200


async def test_an_image_unit_moves_to_the_text_quota_if_nothing_was_generated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def draws_nothing(*_: Any) -> None:
        asked.set()
        await go_on.wait()

    monkeypatch.setattr(answers, "show", draws_nothing)
    asking = asyncio.create_task(world.ask("Draw a monsoon", model=DRAWS))
    await asked.wait()
    assert world.quota("asha", "image_generation") == (0, 1)
    go_on.set()
    result = await asking

    assert (result.last["state"], result.text != "") == ("complete", True)
    assert world.quota("asha", "image_generation") == (0, 0)
    assert world.quota("asha", "small_messages") == (1, 0)
    assert (result.last["quota"]["key"], result.last["quota"]["used"]) == ("small_messages", 1)
    assert (await answer_of(world, result))["content"] == result.text


async def test_resuming_and_repeating_work_as_for_any_answer(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)

    again = await world.resume(result.start["message_id"])

    assert (again.text, again.last["state"], again.last["usage"]) == (result.text, "complete", result.last["usage"])
    assert world.quota("asha", "image_generation") == (1, 0)


async def test_a_generated_image_survives_a_storage_outage(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_ENDPOINT_URL", "http://127.0.0.1:9")
    settings.reset_cache()

    result = await world.ask("Draw a monsoon", model=DRAWS)

    assert result.last["state"] == "complete"
    (image,) = (await answer_of(world, result))["metadata"]["images"]
    assert image.startswith("data:image/png;base64,")
    assert world.quota("asha", "image_generation") == (1, 0)


async def test_a_hanging_storage_delays_no_answer_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from oneai.chat.attachments import generated_images

    async def silent(*_: Any) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(s3, "put", silent)
    monkeypatch.setattr(generated_images, "SECONDS_TO_STORE", 0.2)

    result = await world.ask("Draw a monsoon", model=DRAWS)

    assert result.last["state"] == "complete"
    assert world.quota("asha", "image_generation") == (1, 0)


async def test_images_stored_in_older_answers_are_still_shown(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)
    inline = "data:image/png;base64,iVBORw0KGgo="
    world.database.rows(
        "update oneai.chat_messages set metadata = %s where id = %s",
        *(json.dumps({"images": [inline, "https://example.com/drawn.png"]}), result.start["message_id"]),
    )

    images = (await answer_of(world, result))["metadata"]["images"]

    assert images == [inline, "https://example.com/drawn.png"]


async def test_metadata_never_leads_to_a_file_of_another_user(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)
    (key,) = [
        image["key"]
        for image in world.database.one(
            "select metadata -> 'images' from oneai.chat_messages where id = %s", result.start["message_id"]
        )
    ]
    ravis = await world.ask("Hello", "ravi")
    world.database.rows(
        "update oneai.chat_messages set metadata = %s where id = %s",
        json.dumps({"images": [{"key": key}, {"key": 3}, {"key": f"users/{world.people['asha']}"}]}),
        ravis.start["message_id"],
    )

    assert (await answer_of(world, ravis, "ravi"))["metadata"]["images"] == [{}, {}, {}]


async def test_a_generated_image_whose_answer_never_showed_it_is_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = s3.put
    talks: list[str] = []

    async def late(key: str, *rest: Any) -> None:
        await really(key, *rest)
        world.database.rows("delete from oneai.conversations")
        talks.append(key)

    monkeypatch.setattr(s3, "put", late)
    await world.ask("Draw a monsoon", model=DRAWS)
    (key,) = talks
    assert (await s3.head(key)).size > 0

    world.database.advance(25 * 60)

    assert (await files.remove_unreferenced())["removed"] == 1
    with pytest.raises(NotFound):
        await s3.head(key)


async def test_a_generated_image_that_is_shown_is_not_removed(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)
    world.database.advance(25 * 60)

    assert (await files.remove_unreferenced())["removed"] == 0

    (image,) = (await answer_of(world, result))["metadata"]["images"]
    assert (await fetched(world, image["url"])).status_code == 200
    assert world.database.rows("select key from oneai.files_to_remove") == []


async def test_deleting_the_conversation_deletes_its_generated_images(world: World) -> None:
    result = await world.ask("Draw a monsoon", model=DRAWS)
    (image,) = (await answer_of(world, result))["metadata"]["images"]

    path = f"/conversations/{result.start['conversation_id']}"
    assert (await world.http.delete(path, headers=world.headers())).status_code == 204
    world.database.advance(25 * 60)

    assert (await files.remove_unreferenced())["removed"] == 1
    assert await s3.delete_all(f"users/{world.people['asha']}/") == 0
    assert (await fetched(world, image["url"])).status_code == 403
