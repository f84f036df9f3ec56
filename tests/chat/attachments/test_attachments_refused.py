"""Attachments that are refused: at once, by name, with nothing stored, held or asked."""

from typing import Any
from uuid import uuid4

import pytest

from oneai.clients import s3
from tests.chat.pictures import BLIND, BLIND_NAME, JPEG, PNG, SEES, data_url, image, nothing_happened, text, uploaded
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

CAT = data_url()


async def refused(world: World, who: str, along: Any, **fields: Any) -> tuple[str, str]:
    """The field and the sentence of the refusal, after which nothing has happened."""
    result = await world.ask("Look", who, **({"model": SEES} | fields), attachments=along)
    assert result.status == 422, result.events
    assert result.code == "invalid_request"
    assert nothing_happened(world, who)
    detail = result.body["error"]["details"][0]
    return detail["field"], detail["message"]


@pytest.mark.parametrize(
    ("field", "along"),
    [
        ("attachments.0.url", {"type": "image", "url": CAT[:-3] + "!!="}),
        ("attachments.0.url", {"type": "image", "url": CAT.replace("base64,", "base64,\n")}),
        ("attachments.0.url", {"type": "image", "url": CAT.replace("png", "jpeg")}),
        ("attachments.0.url", {"type": "image", "url": data_url(b"<svg onload=alert(1)>", "image/svg+xml")}),
        ("attachments.0.url", {"type": "image", "url": data_url(b"<html>", "image/png")}),
        ("attachments.0.url", {"type": "image", "url": data_url(b"")}),
        ("attachments.0.url", {"type": "image", "url": "data:image/png,plain"}),
        ("attachments.0.url", {"type": "image", "url": "data:"}),
        ("attachments.0.url", {"type": "text", "url": CAT}),
        ("attachments.0.url", {"type": "file", "url": CAT}),
        ("attachments.0.text", {"type": "image", "text": "a cat"}),
        ("attachments.0.text", {"type": "text", "text": ""}),
        ("attachments.0.type", {"type": "video", "url": CAT}),
        ("attachments.0.name", {"type": "image", "url": CAT, "name": "x" * 256}),
        ("attachments.0.upload_id", {"type": "image", "upload_id": "1"}),
        ("attachments.0.size", {"type": "image", "url": CAT, "size": 1}),
        ("attachments.0", {"type": "image"}),
        ("attachments.0", {"type": "image", "url": CAT, "upload_id": str(uuid4())}),
        ("attachments.0.upload_id", {"type": "image", "upload_id": str(uuid4())}),
    ],
)
async def test_an_invalid_attachment_is_refused_by_its_field(shared: World, field: str, along: dict[str, Any]) -> None:
    found, sentence = await refused(shared, shared.newcomer(), [along])

    assert found == field
    assert CAT not in sentence


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/cat.png",
        "ftp://example.com/cat.png",
        "//example.com/cat.png",
        "cat.png",
        "https://",
        "https://localhost/cat.png",
        "https://LOCALHOST./cat.png",
        "https://printer/cat.png",
        "https://printer.local/cat.png",
        "https://metadata.google.internal/cat.png",
        "https://127.0.0.1/cat.png",
        "https://10.0.0.8:8443/cat.png",
        "https://172.16.3.4/cat.png",
        "https://192.168.1.1/cat.png",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/cat.png",
        "https://100.64.0.1/cat.png",
        "https://2130706433/cat.png",
        "https://0x7f.1/cat.png",
        "https://127.1/cat.png",
        "https://[::1]/cat.png",
        "https://[fd00::1]/cat.png",
        "https://[::ffff:127.0.0.1]/cat.png",
        "https://user:secret@example.com/cat.png",
        "https://user@example.com/cat.png",
        "https://example.com:port/cat.png",
        "https://exa mple.com/cat.png",
        "https://example.com\\@127.0.0.1/cat.png",
        "https://bücher.example/cat.png",
        "https://example.com/" + "x" * 2048,
        "https://[64:ff9b::a9fe:a9fe]/cat.png",
        "https://kubernetes.default.svc/cat.png",
    ],
)
async def test_an_address_that_is_not_public_is_refused(shared: World, url: str) -> None:
    assert (await refused(shared, shared.newcomer(), [{"type": "image", "url": url}]))[0] == "attachments.0.url"


async def test_a_model_without_vision_is_named(shared: World) -> None:
    along = [text("a note"), image()]

    assert await refused(shared, shared.newcomer(), along, model=BLIND) == (
        "attachments.1",
        f"{BLIND_NAME} cannot see images.",
    )
    assert await refused(shared, shared.newcomer(), along, model=SEES, models=[BLIND]) == (
        "attachments.1",
        f"{BLIND_NAME} cannot see images.",
    )
    assert (await refused(shared, shared.newcomer(), along, model=None, compare=[SEES, BLIND]))[0] == "attachments.1"


async def test_an_earlier_picture_is_refused_by_the_field_that_names_the_model(shared: World) -> None:
    who = shared.newcomer()
    start = (await shared.ask("Look", who, model=SEES, attachments=[image()])).start
    edit = {"edit_of": start["user_message_id"]}

    for named in ({"model": BLIND}, {"model": None, "compare": [SEES, BLIND]}):
        result = await shared.ask("Look again", who, **edit, **named)
        assert (result.status, result.code) == (422, "invalid_request")
        field = "compare" if "compare" in named else "model"
        assert result.body["error"]["details"] == [
            {"field": field, "code": "no_vision", "message": f"{BLIND_NAME} cannot see images."}
        ]


async def test_other_refusals_come_before_missing_vision(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("Look", who, model=BLIND, attachments=[image()], conversation_id=str(uuid4()))
    assert (result.status, result.code) == (404, "not_found")

    result = await shared.ask(
        "Look", who, model="no/such-model", attachments=[{"type": "image", "upload_id": str(uuid4())}]
    )
    assert (result.status, result.code) == (400, "unknown_model")


async def test_the_conversations_model_decides_if_the_question_names_none(shared: World) -> None:
    who = shared.newcomer()
    blind = (await shared.ask("Hi", who, model=BLIND)).start["conversation_id"]
    sees = (await shared.ask("Hi", who, model=SEES)).start["conversation_id"]

    result = await shared.ask("Look", who, attachments=[image()], conversation_id=blind)
    assert (result.status, result.body["error"]["details"][0]["message"]) == (422, f"{BLIND_NAME} cannot see images.")
    result = await shared.ask("Look", who, attachments=[image()], conversation_id=sees)
    assert result.last["state"] == "complete"


async def test_twenty_attachments_are_accepted_and_one_more_is_refused(shared: World) -> None:
    assert (await refused(shared, shared.newcomer(), [text("a")] * 21))[0] == "attachments"
    assert (await shared.ask("Look", shared.newcomer(), attachments=[text("a")] * 20)).last["state"] == "complete"


async def test_unreadable_text_files_are_refused(shared: World) -> None:
    who = shared.newcomer()
    # Seven bytes on a page for each.
    upload = await uploaded(shared, who, b"\x01" * 900_000, "noise.txt", "text/plain")

    assert (await refused(shared, who, [{"type": "text", "upload_id": upload}]))[0] == "attachments"


async def test_a_text_file_counts_toward_the_plans_message_length(shared: World) -> None:
    who = shared.newcomer()
    result = await shared.ask("Look", who, attachments=[text("x" * 100_001)])

    assert result.status == 422
    assert nothing_happened(shared, who)


async def test_an_upload_of_another_user_looks_like_an_unknown_one(shared: World) -> None:
    theirs = await uploaded(shared, "asha", PNG, "cat.png", "image/png")

    for upload in (theirs, str(uuid4())):
        assert await refused(shared, shared.newcomer(), [{"type": "image", "upload_id": upload}]) == (
            "attachments.0.upload_id",
            "There is no such upload.",
        )


async def test_an_unsent_or_expired_upload_is_refused(shared: World) -> None:
    who = shared.newcomer()
    body = {"name": "cat.png", "type": "image/png", "size": len(PNG)}
    unsent = (await shared.post("/uploads", body, who)).json()["upload_id"]
    assert (await refused(shared, who, [{"type": "image", "upload_id": unsent}]))[
        1
    ] == "The file has not been uploaded yet."

    late = await uploaded(shared, who, PNG, "cat.png", "image/png")
    shared.database.rows("update oneai.uploads set expires_at = oneai.now() where id = %s", late)
    assert (await refused(shared, who, [{"type": "image", "upload_id": late}]))[1] == "There is no such upload."


@pytest.mark.parametrize(
    ("data", "media_type", "type"),
    [
        (JPEG, "image/png", "image"),
        (b"<html>", "image/png", "file"),
        (PNG, "image/png", "text"),
        (b"text", "text/plain", "image"),
        (b"\xff\xfe\x00", "text/plain", "text"),
        (b"PK\x03\x04", "application/zip", "file"),
        (b"[" + b" " * 1_000_000 + b"]", "application/json", "file"),
    ],
    ids=["a jpeg", "a page", "an image as text", "text as image", "bytes", "a zip", "too long a text"],
)
async def test_an_upload_of_another_type_is_refused(shared: World, data: bytes, media_type: str, type: str) -> None:
    who = shared.newcomer()
    upload = await uploaded(shared, who, data, "file", media_type)

    assert (await refused(shared, who, [{"type": type, "upload_id": upload}]))[0] == "attachments.0.upload_id"


async def test_a_file_changed_in_storage_is_refused(shared: World) -> None:
    who = shared.newcomer()
    upload = await uploaded(shared, who, PNG, "cat.png", "image/png")
    for other in (PNG + b"!", PNG[:-1]):
        await s3.put(f"uploads/{shared.people[who]}/{upload}", other, "image/png")
        assert (await refused(shared, who, [{"type": "image", "upload_id": upload}]))[0] == "attachments.0.upload_id"


async def test_pictures_above_the_total_size_are_refused_before_any_is_read(shared: World) -> None:
    who = shared.newcomer()
    body = {"name": "cat.png", "type": "image/png", "size": 10_000_000}
    ids = [(await shared.post("/uploads", body, who)).json()["upload_id"] for _ in range(3)]

    along = [{"type": "image", "upload_id": each} for each in ids]

    assert (await refused(shared, who, along))[0] == "attachments"
