"""The profile picture: checked, without metadata, seen by its owner alone, exported and removed with the account."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from oneai.accounts.picture_file import cleaned
from oneai.field_errors import InvalidValue
from tests.accounts.test_data_export import download, request_export, run_job
from tests.world import World


def jpeg(side: int = 64, **options: Any) -> bytes:
    """A picture of one colour."""
    file = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), (side, side), options.pop("colour", "teal")).save(file, "JPEG", **options)
    return file.getvalue()


def encoded(content: bytes) -> dict[str, str]:
    """The body that sets a picture."""
    return {"data": base64.b64encode(content).decode()}


async def put(world: World, who: str, content: bytes) -> httpx.Response:
    return await world.http.put("/user/picture", json=encoded(content), headers=world.headers(who))


def decoded(answer: httpx.Response) -> Image.Image:
    """The picture in an answer."""
    return Image.open(io.BytesIO(base64.b64decode(answer.json()["data"])))


async def test_a_picture_is_set_shown_replaced_and_removed(shared: World) -> None:
    who = shared.newcomer()

    first = await put(shared, who, jpeg(colour="teal"))
    second = await put(shared, who, jpeg(32, colour="red"))
    shown = await shared.get("/user/picture", who)
    profile = (await shared.get("/user/profile", who)).json()
    removed = [await shared.http.delete("/user/picture", headers=shared.headers(who)) for _ in range(2)]

    assert (first.status_code, second.status_code) == (200, 200)
    assert decoded(shown).size == (32, 32)
    assert shown.json()["media_type"] == "image/jpeg"
    assert profile["picture_updated_at"] == shown.json()["updated_at"]
    assert [answer.status_code for answer in removed] == [204, 204]
    assert (await shared.get("/user/picture", who)).status_code == 404
    assert (await shared.get("/me", who)).json()["profile"]["picture_updated_at"] is None


async def test_a_picture_is_its_owners_alone(shared: World) -> None:
    owner, other = shared.newcomer(), shared.newcomer()
    await put(shared, owner, jpeg())

    assert (await shared.get("/user/picture", other)).status_code == 404
    await shared.http.delete("/user/picture", headers=shared.headers(other))
    assert (await shared.get("/user/picture", owner)).status_code == 200


async def test_the_place_a_comment_and_a_profile_of_a_picture_are_removed(shared: World) -> None:
    who = shared.newcomer()
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 12.9716 N 77.5946 E"
    content = jpeg(exif=exif, comment=b"<script>alert(1)</script>", icc_profile=b"profile" * 20)
    assert b"77.5946" in content

    answer = await put(shared, who, content + b"PK\x03\x04 an archive behind the picture")

    kept = base64.b64decode(answer.json()["data"])
    for removed in (b"77.5946", b"<script>", b"profile", b"Exif", b"archive"):
        assert removed not in kept
    assert list(decoded(answer).get_flattened_data()) == list(Image.open(io.BytesIO(content)).get_flattened_data())


@pytest.mark.parametrize(
    "content",
    [jpeg(progressive=True), jpeg(mode="L", colour=128), jpeg(512), jpeg(16), jpeg(optimize=True, subsampling=0)],
    ids=["progressive", "grey", "large", "small", "other tables"],
)
def test_pictures_of_other_encodings_keep_every_pixel(content: bytes) -> None:
    pixels = [Image.open(io.BytesIO(each)).tobytes() for each in (content, cleaned(content))]

    assert pixels[0] == pixels[1]


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    return file.getvalue()


REFUSED = {
    "another format": (png(), "content_mismatch"),
    "a page": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "content_mismatch"),
    "a page behind a magic number": (b"\xff\xd8\xff<script>alert(1)</script>", "content_mismatch"),
    "cut off": (jpeg()[:-200], "content_mismatch"),
    "no picture": (b"\xff\xd8\xff\xd9", "content_mismatch"),
    "a length beyond the end": (b"\xff\xd8\xff\xe0\xff\xff", "content_mismatch"),
    "too many pixels": (jpeg(513), "too_large"),
    "too few pixels": (jpeg(15), "too_large"),
    "four colours": (jpeg(mode="CMYK", colour=(1, 2, 3, 4)), "content_mismatch"),
    "too many bytes": (jpeg() + b"\x00" * 100_000, "too_large"),
}


@pytest.mark.parametrize("case", REFUSED, ids=str)
async def test_another_file_is_refused_and_the_picture_stays(case: str, shared: World) -> None:
    content, code = REFUSED[case]
    who = shared.newcomer()
    await put(shared, who, jpeg())

    answer = await put(shared, who, content)

    assert answer.status_code == 422, answer.text
    (detail,) = answer.json()["error"]["details"]
    assert (detail["field"], detail["code"]) == ("data", code)
    assert decoded(await shared.get("/user/picture", who)).size == (64, 64)


def test_no_byte_of_a_picture_can_break_the_check() -> None:
    content = jpeg(16)

    for at in range(2, len(content)):
        for value in (0x00, 0xFF, 0xC0, 0xD9, 0xDA):
            try:
                assert len(cleaned(content[:at] + bytes([value]) + content[at + 1 :])) <= len(content)
            except InvalidValue:
                continue


async def test_a_picture_is_in_the_export_of_the_account(own_world: World) -> None:
    await put(own_world, "asha", jpeg(32))
    export = await request_export(own_world)
    await run_job()

    exported = await download(own_world, export)

    assert Image.open(io.BytesIO(exported.read("picture.jpg"))).size == (32, 32)


async def test_a_picture_is_removed_with_the_account(shared: World) -> None:
    who = shared.newcomer()
    await put(shared, who, jpeg())
    user = shared.people[who]

    shared.database.rows("delete from auth.users where id = %s", user)

    assert shared.database.rows("select from oneai.profile_pictures where user_id = %s", user) == []
