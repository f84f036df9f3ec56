"""What a signed address permits, and nothing else; and that AWS's own library would have signed the same."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from botocore.config import Config

from oneai import settings
from oneai.clients import s3
from oneai.errors import NotFound
from tests.clients.s3.conftest import Bucket

pytestmark = pytest.mark.sampled(0.34)

KEY = "uploads/asha/क 1+1 ~(a)'s.png"
NINE = b"a picture"


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"a picture!", {"Content-Type": "image/png", "If-None-Match": "*"}),
        (b"a pictur", {"Content-Type": "image/png", "If-None-Match": "*"}),
        (NINE, {"Content-Type": "text/html", "If-None-Match": "*"}),
        (NINE, {"Content-Type": "image/png"}),
        (NINE, {}),
    ],
)
async def test_another_length_or_type_is_refused(ours: Bucket, content: bytes, headers: dict[str, str]) -> None:
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=ours.now, seconds=60)

    sent = await ours.browser.put(door.url, content=content, headers=headers)

    assert (sent.status_code, "SignatureDoesNotMatch" in sent.text) == (403, True)


async def test_an_address_is_for_one_object_and_one_method(ours: Bucket) -> None:
    await s3.put(KEY, NINE, "image/png")
    await s3.put("uploads/ravi/1", NINE, "image/png")
    link = await s3.download_url(KEY, now=ours.now, seconds=60)
    other = link.replace(urlsplit(link).path, urlsplit(link).path.rpartition("/uploads")[0] + "/uploads/ravi/1")

    assert (await ours.browser.get(link)).status_code == 200
    assert (await ours.browser.get(other)).status_code == 403
    assert (await ours.browser.put(link, content=b"mine")).status_code == 403
    assert (await ours.browser.delete(link)).status_code == 403
    assert (await ours.browser.get(link.replace("Expires=60", "Expires=6000"))).status_code == 403
    assert (await ours.browser.get(link + "&response-content-type=text/html")).status_code == 403
    assert (await ours.browser.get(link.partition("?")[0])).status_code == 403


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-amz-copy-source", "/oneai-files/users/ravi/secret.png"),
        ("x-amz-acl", "public-read"),
        ("X-Amz-Storage-Class", "GLACIER"),
        ("x-amz-meta-anything", "x"),
    ],
)
async def test_an_unsigned_s3_header_is_refused(ours: Bucket, name: str, value: str) -> None:
    await s3.put("users/ravi/secret.png", b"a secret!", "image/png")
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=ours.now, seconds=60)
    link = await s3.download_url("users/ravi/secret.png", now=ours.now, seconds=60)

    sent = await ours.browser.put(door.url, content=NINE, headers={**door.headers, name: value})
    read = await ours.browser.get(link, headers={name: value})

    assert [answer.status_code for answer in (sent, read)] == [403, 403]
    assert "headers present in the request which were not signed" in sent.text
    with pytest.raises(NotFound):
        await s3.head(KEY)


async def test_an_address_expires_by_the_stacks_clock(ours: Bucket) -> None:
    await s3.put(KEY, NINE, "image/png")
    link = await s3.download_url(KEY, now=ours.now, seconds=600)
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=ours.now, seconds=600)

    ours.clock.ahead = timedelta(minutes=9)
    assert (await ours.browser.get(link)).status_code == 200

    ours.clock.ahead = timedelta(minutes=11)
    refused = await ours.browser.get(link)
    assert (refused.status_code, "Request has expired" in refused.text) == (403, True)
    assert (await ours.browser.put(door.url, content=NINE, headers=door.headers)).status_code == 403

    again = await s3.download_url(KEY, now=ours.now, seconds=600)
    assert (await ours.browser.get(again)).content == NINE


async def test_a_page_of_another_origin_may_upload_and_download(ours: Bucket) -> None:
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=ours.now, seconds=60)
    origin = {"Origin": "https://app.example.com"}

    asked = {**origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = await ours.browser.options(door.url, headers=asked)
    sent = await ours.browser.put(door.url, content=NINE, headers={**door.headers, **origin})

    assert (preflight.status_code, sent.status_code) == (200, 200)
    assert sent.headers["access-control-allow-origin"] == "*"


async def test_no_address_leads_out_of_the_folder(ours: Bucket) -> None:
    for key in ("uploads/../../../../etc/passwd", "../types/x", "a//b"):
        link = await s3.download_url(key, now=ours.now, seconds=60)
        assert (await ours.browser.get(link)).status_code in (400, 403, 404)
    assert not (await ours.browser.get(f"{ours.address}/oneai-files/..%2f..%2fetc%2fpasswd")).is_success


@pytest.mark.parametrize("token", ["", "the/token+of=a role"])
async def test_the_signature_equals_that_of_the_aws_library(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    for name, value in {
        "STORAGE_BUCKET": "oneai-production-files",
        "STORAGE_ENDPOINT_URL": "",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret/of+another",
        "AWS_SESSION_TOKEN": token,
    }.items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()
    s3.reset_cache()
    client = boto3.Session().client("s3", config=Config(s3={"addressing_style": "virtual"}, signature_version="s3v4"))
    params: dict[str, Any] = {"Bucket": "oneai-production-files", "Key": KEY}

    theirs = client.generate_presigned_url("get_object", Params=params, ExpiresIn=300)
    assert _split(theirs) == _split(await s3.download_url(KEY, now=_date(theirs), seconds=300))

    params |= {"ContentType": "image/png", "ContentLength": 9, "IfNoneMatch": "*"}
    theirs = client.generate_presigned_url("put_object", Params=params, ExpiresIn=300)
    door = await s3.sign_upload(KEY, media_type="image/png", size=9, now=_date(theirs), seconds=300)
    assert _split(theirs) == _split(door.url)
    assert door.url.startswith("https://oneai-production-files.s3.ap-south-1.amazonaws.com/uploads/")
    s3.reset_cache()
    settings.reset_cache()


def _split(url: str) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(url)
    return parts.netloc, parts.path, dict(parse_qsl(parts.query))


def _date(url: str) -> datetime:
    return datetime.strptime(dict(parse_qsl(urlsplit(url).query))["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
