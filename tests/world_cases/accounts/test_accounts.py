"""Inputs after public reports that broke accounts of similar products."""

import base64
import io
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from oneai.accounts.picture_file import cleaned
from oneai.field_errors import InvalidValue
from stand_ins.supabase_auth import totp
from tests.accounts.sign_in import bearer, sign_in, sign_up
from tests.accounts.test_second_factor import add_factor, at_supabase
from tests.patience import PATIENCE
from tests.world import World


async def enter(world: World, tokens: dict[str, Any], factor: dict[str, Any], code: str) -> httpx.Response:
    """The answer of Supabase Auth to a code."""
    challenge = await at_supabase(world, f"/factors/{factor['id']}/challenge", tokens, {})
    async with httpx.AsyncClient(timeout=PATIENCE) as page:
        return await page.post(
            f"{world.address}/auth/v1/factors/{factor['id']}/verify",
            json={"challenge_id": challenge["id"], "code": code},
            headers=bearer(tokens),
        )


@pytest.mark.parametrize(("later", "status"), [(0, 403), (60, 403), (90, 200)])
async def test_a_used_code_is_refused_for_as_long_as_it_is_right(later: int, status: int, world: World) -> None:
    email = f"{uuid4()}@example.com"
    factor, _ = await add_factor(world, await sign_up(world, email))
    # Right for 90 seconds from now: the next step's code, which a fast clock shows.
    code = totp.code_at(factor["totp"]["secret"], time.time() + totp.STEP)
    assert (await enter(world, await sign_in(world, email), factor, code)).status_code == 200

    world.database.rows("update oneai.second_factor_uses set used_at = oneai.now() - make_interval(secs => %s)", later)
    thief = await enter(world, await sign_in(world, email), factor, code)

    assert thief.status_code == status, thief.text


async def test_a_code_of_another_app_does_not_make_a_used_code_right_again(world: World) -> None:
    email = f"{uuid4()}@example.com"
    phone, verified = await add_factor(world, await sign_up(world, email))
    tablet = await at_supabase(world, "/factors", verified, {"factor_type": "totp", "friendly_name": "Tablet"})
    codes = {each["id"]: totp.code_at(each["totp"]["secret"], time.time() + totp.STEP) for each in (phone, tablet)}
    assert (await enter(world, verified, tablet, codes[tablet["id"]])).status_code == 200

    statuses = [
        (await enter(world, await sign_in(world, email), factor, codes[factor["id"]])).status_code
        for factor in (phone, tablet, phone, tablet)
    ]

    assert statuses == [200, 200, 403, 403]


async def test_the_code_that_added_the_app_signs_in_one_more_device(world: World) -> None:
    email = f"{uuid4()}@example.com"
    first = await sign_up(world, email)
    factor = await at_supabase(world, "/factors", first, {"factor_type": "totp", "friendly_name": "Phone"})
    code = totp.code_at(factor["totp"]["secret"], time.time())
    assert (await enter(world, first, factor, code)).status_code == 200

    second, third = [await enter(world, await sign_in(world, email), factor, code) for _ in range(2)]

    assert (second.status_code, third.status_code) == (200, 403)


async def test_a_session_without_the_factor_adds_no_other(world: World) -> None:
    email = f"{uuid4()}@example.com"
    await add_factor(world, await sign_up(world, email))
    lower = await sign_in(world, email)

    async with httpx.AsyncClient(timeout=PATIENCE) as page:
        body = {"factor_type": "totp", "friendly_name": "Of the thief"}
        answer = await page.post(f"{world.address}/auth/v1/factors", json=body, headers=bearer(lower))

    assert (answer.status_code, answer.json()["error_code"]) == (403, "insufficient_aal")


def photograph() -> bytes:
    """A picture of a phone, with the place, the camera and a preview."""
    exif = Image.Exif()
    exif[0x0110] = "Pocket camera 3"
    exif.get_ifd(0x8825).update({1: "N", 2: (12.0, 58.0, 17.76), 3: "E", 4: (77.0, 35.0, 40.56)})
    file = io.BytesIO()
    Image.effect_noise((64, 64), 40).convert("RGB").save(file, "JPEG", exif=exif, comment=b"at home")
    return file.getvalue()


def test_a_photograph_loses_its_place_and_keeps_its_pixels() -> None:
    content = photograph()
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)

    kept = Image.open(io.BytesIO(cleaned(content)))

    assert not kept.getexif()
    assert "comment" not in kept.info
    assert kept.tobytes() == Image.open(io.BytesIO(content)).tobytes()


@pytest.mark.parametrize(
    "behind", [photograph(), b"PK\x05\x06" + bytes(18), b"<script>alert(1)</script>", b"\xff\xe1\x00\x10GPS"]
)
def test_what_follows_the_end_of_a_picture_is_cut_off(behind: bytes) -> None:
    content = photograph()

    assert cleaned(content + behind) == cleaned(content)


DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><iframe src="javascript:alert(1)"/></foreignObject></svg>'
)


@pytest.mark.parametrize(
    "start", [b"", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xfe\x00\x04ab", b"GIF89a", b"\x89PNG\r\n\x1a\n"]
)
async def test_a_drawing_with_a_script_is_no_picture(start: bytes, world: World) -> None:
    with pytest.raises(InvalidValue):
        cleaned(start + DRAWING)

    body = {"data": base64.b64encode(start + DRAWING).decode()}
    answer = await world.http.put("/user/picture", json=body, headers=world.headers(world.newcomer()))
    assert answer.status_code == 422
