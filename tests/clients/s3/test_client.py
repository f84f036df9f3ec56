"""What the S3 client does, with moto and with the stand-in."""

import io
from urllib.parse import parse_qs, urlsplit

import pytest

from oneai.clients import s3
from oneai.errors import BodyTooLarge, Busy, InternalError, NotFound
from tests.clients.s3.conftest import Bucket, endpoint_at

pytestmark = pytest.mark.sampled(0.34)

KEY = "users/asha/messages/क 1+1.png"


async def test_an_object_is_read_with_its_size_and_type(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")

    assert await s3.head(KEY) == s3.ObjectInfo(KEY, 9, "image/png")
    assert await s3.get(KEY, max_bytes=9) == b"a picture"


async def test_a_second_put_replaces_the_object(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")
    await s3.put(KEY, b"another", "image/webp")

    assert await s3.get(KEY, max_bytes=100) == b"another"
    assert (await s3.head(KEY)).media_type == "image/webp"


async def test_a_file_is_transferred_without_holding_it_in_memory(bucket: Bucket) -> None:
    much = b"0123456789" * 300_000
    await s3.put("exports/asha/all.zip", io.BytesIO(much), "application/zip")
    out = io.BytesIO()

    assert await s3.fetch("exports/asha/all.zip", out, max_bytes=len(much)) == len(much)

    assert out.getvalue() == much


async def test_an_object_above_the_limit_is_not_read(bucket: Bucket) -> None:
    await s3.put(KEY, b"ten bytes!", "text/plain")

    with pytest.raises(BodyTooLarge):
        await s3.get(KEY, max_bytes=9)
    with pytest.raises(BodyTooLarge):
        await s3.fetch(KEY, io.BytesIO(), max_bytes=9)


async def test_an_unknown_object_is_not_found(bucket: Bucket) -> None:
    for asked in (
        s3.head(KEY),
        s3.get(KEY, max_bytes=1),
        s3.fetch(KEY, io.BytesIO(), max_bytes=1),
        s3.copy(KEY, "users/asha/copy"),
    ):
        with pytest.raises(NotFound):
            await asked


async def test_a_copy_survives_the_deletion_of_its_original(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")
    await s3.copy(KEY, "users/asha/messages/other/0.png")
    await s3.delete(KEY)

    assert await s3.head("users/asha/messages/other/0.png") == s3.ObjectInfo(
        "users/asha/messages/other/0.png", 9, "image/png"
    )


async def test_deleting_twice_succeeds(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")

    await s3.delete(KEY, "users/asha/never-there")
    await s3.delete(KEY)

    with pytest.raises(NotFound):
        await s3.head(KEY)


@pytest.mark.sampled(0.5)
async def test_deleting_a_users_prefix_leaves_the_files_of_others(bucket: Bucket) -> None:
    for key in ("users/asha/a", "users/asha/b/c", "users/asha2/a", "users/ravi/a"):
        await s3.put(key, b"x", "text/plain")

    assert await s3.delete_all("users/asha/") == 2
    assert await s3.delete_all("users/asha/") == 0

    assert (await s3.head("users/asha2/a")).size == (await s3.head("users/ravi/a")).size == 1


async def test_a_prefix_that_covers_another_user_is_a_programming_error(bucket: Bucket) -> None:
    for prefix in ("", "/", "users/asha"):
        with pytest.raises(ValueError, match="slash"):
            await s3.delete_all(prefix)


async def test_a_browser_uploads_to_the_signed_address(bucket: Bucket) -> None:
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=bucket.now, seconds=60)

    sent = await bucket.browser.put(door.url, content=b"a picture", headers=door.headers)

    assert sent.status_code == 200
    assert await s3.head(KEY) == s3.ObjectInfo(KEY, 9, "image/png")


async def test_a_signed_address_accepts_one_object_and_no_second(bucket: Bucket) -> None:
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=bucket.now, seconds=60)
    assert (await bucket.browser.put(door.url, content=b"a picture", headers=door.headers)).status_code == 200

    again = await bucket.browser.put(door.url, content=b"a virus!!", headers=door.headers)

    assert again.status_code == 412
    assert await s3.get(KEY, max_bytes=100) == b"a picture"


async def test_type_and_length_are_part_of_the_signature(bucket: Bucket) -> None:
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=bucket.now, seconds=60)

    query = parse_qs(urlsplit(door.url).query)

    assert query["X-Amz-SignedHeaders"] == ["content-length;content-type;host;if-none-match"]
    assert query["X-Amz-Expires"] == ["60"]


async def test_a_browser_downloads_from_the_signed_address(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")

    shown = await bucket.browser.get(await s3.download_url(KEY, now=bucket.now, seconds=60))

    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, b"a picture", "image/png")
    assert "content-disposition" not in shown.headers


async def test_a_link_may_set_the_file_name(bucket: Bucket) -> None:
    await s3.put(KEY, b"# Hi", "text/html")
    name = 'my "चैट";\r\nx: y.md'

    link = await s3.download_url(KEY, now=bucket.now, seconds=60, download_as=name, media_type="text/markdown")
    saved = await bucket.browser.get(link)

    assert saved.headers["content-type"].startswith("text/markdown")
    disposition = saved.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''my%20%22%E0%A4%9A")
    assert disposition.isprintable()


async def test_a_deleted_object_is_gone_behind_its_link_too(bucket: Bucket) -> None:
    await s3.put(KEY, b"a picture", "image/png")
    link = await s3.download_url(KEY, now=bucket.now, seconds=60)
    await s3.delete(KEY)

    assert (await bucket.browser.get(link)).status_code == 404


async def test_an_unreachable_storage_is_busy() -> None:
    with endpoint_at("http://127.0.0.1:9"), pytest.raises(Busy):
        await s3.put(KEY, b"x", "text/plain")


async def test_a_wrong_key_is_an_internal_error(ours: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of another account")
    s3.reset_cache()

    with pytest.raises(InternalError):
        await s3.put(KEY, b"x", "text/plain")
    s3.reset_cache()
