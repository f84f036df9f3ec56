"""A full storage or disk: the user or job that needs it gets a clear error, and nothing is lost."""

import errno
import io
import json
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from oneai.clients import s3
from oneai.errors import Busy, NotFound
from tests.chat.pictures import PNG, SEES, image
from tests.conversations.archive.samples import ChatGPT
from tests.conversations.archive.trees import insert_tree, run_job, upload_file
from tests.world import World

LEASE = 121


class FullDisk(io.BytesIO):
    """A file on a disk without any space left."""

    def write(self, _: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


async def make_full(world: World, fault: str | None) -> None:
    async with httpx.AsyncClient(base_url=world.address) as user:
        (await user.post("/local/storage/trouble", json={"trouble": fault})).raise_for_status()


@pytest.fixture
async def full(shared: World) -> AsyncIterator[World]:
    """A stack whose storage takes nothing more until a test makes room."""
    await make_full(shared, "full")
    yield shared
    await make_full(shared, None)


async def test_a_file_refused_by_a_full_disk_can_be_sent_again_to_the_same_address(full: World) -> None:
    who = full.newcomer()
    door = (await full.post("/uploads", {"name": "a", "type": "image/png", "size": len(PNG)}, who)).json()
    key = f"uploads/{full.people[who]}/{door['upload_id']}"

    async with httpx.AsyncClient() as browser:
        refused = await browser.put(door["url"], content=PNG, headers=door["headers"])
        assert (refused.status_code, "<Code>XMinioStorageFull</Code>" in refused.text) == (507, True)
        with pytest.raises(NotFound):
            await s3.head(key)

        await make_full(full, None)
        assert (await browser.put(door["url"], content=PNG, headers=door["headers"])).status_code == 200
    result = await full.ask("Look", who, model=SEES, attachments=[{"type": "image", "upload_id": door["upload_id"]}])
    assert result.last["state"] == "complete"


async def test_a_stored_file_survives_if_its_copy_finds_no_space(full: World) -> None:
    await make_full(full, None)
    await s3.put("users/asha/cat.png", PNG, "image/png")
    await make_full(full, "full")

    with pytest.raises(Busy, match="cannot be stored"):
        await s3.put("users/asha/cat.png", b"another", "image/png")
    with pytest.raises(Busy, match="cannot be stored"):
        await s3.copy("users/asha/cat.png", "users/asha/dog.png")

    assert await s3.get("users/asha/cat.png", max_bytes=100) == PNG
    with pytest.raises(NotFound):
        await s3.head("users/asha/dog.png")


async def test_a_question_whose_picture_finds_no_space_is_refused_and_free(full: World) -> None:
    who = full.newcomer()

    result = await full.ask("Look", who, model=SEES, attachments=[image()])

    assert (result.last["state"], result.code) == ("failed", "busy")
    assert "cannot be stored" in result.last["error"]["message"]
    assert full.quota(who) == (0, 0)
    await make_full(full, None)
    again = await full.ask("Look", who, model=SEES, attachments=[image()])
    assert again.last["state"] == "complete"


async def test_a_generated_image_that_finds_no_space_is_kept_in_its_answer(full: World) -> None:
    who = full.newcomer()

    result = await full.ask("Draw a monsoon", who, model="google/gemini-2.5-flash-image")

    assert result.last["state"] == "complete"
    page = (await full.get(f"/conversations/{result.start['conversation_id']}/messages", who)).json()
    (shown,) = page["items"][-1]["metadata"]["images"]
    assert shown.startswith("data:image/png;base64,")


async def test_an_export_that_finds_no_space_is_written_once_there_is_some(full: World) -> None:
    who = full.newcomer()
    insert_tree(full, who, [(None, True)])
    export = (await full.post("/exports", None, who)).json()["export_id"]

    assert (await run_job())["exports"] == 1
    assert (await full.get(f"/exports/{export}", who)).json()["state"] == "running"

    await make_full(full, None)
    full.database.advance(LEASE)
    await run_job()
    assert (await full.get(f"/exports/{export}", who)).json()["state"] == "done"


async def test_a_full_disk_of_the_worker_loses_no_import_export_or_other_work(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = shared.newcomer()
    talk = ChatGPT("Trees", "trees")
    talk.turn("node-0", 1)
    upload = await upload_file(shared, json.dumps([talk.exported()]).encode(), who)
    started = (await shared.post("/import", {"upload_id": upload}, who)).json()["import_id"]
    export = (await shared.post("/exports", None, who)).json()["export_id"]

    with monkeypatch.context() as disk:
        disk.setattr(tempfile, "NamedTemporaryFile", FullDisk)
        disk.setattr(tempfile, "TemporaryFile", FullDisk)
        assert await run_job() == {"exports": 1, "imports": 1, "expired": 0}

    waiting = [(await shared.get(path, who)).json()["state"] for path in (f"/import/{started}", f"/exports/{export}")]
    assert waiting == ["running", "running"]
    shared.database.advance(LEASE)
    await run_job()
    result = (await shared.get(f"/import/{started}", who)).json()
    assert (result["state"], result["imported"]) == ("done", 1)
    assert (await shared.get(f"/exports/{export}", who)).json()["state"] == "done"
