"""Addresses of images: `/v1` and the chat's attachments refuse the same ones."""

from typing import Any

import pytest

from tests.chat.pictures import GIF, JPEG, PNG, WEBP, data_url
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

MODEL = "openai/gpt-4.1-mini"
NOT_PUBLIC = [
    "https://169.254.169.254/latest/meta-data/x.png",
    "https://user:pw@localhost:8443/x.png",
    "https://metadata.google.internal/x.png",
    "https://metadata.google.internal./x.png",
    "https://10.0.0.8/x.png",
    "https://2130706433/x.png",
    "https://0x7f.0.0.1/x.png",
    "https://0177.0.0.1/x.png",
    "https://127.0.0.1./x.png",
    "https://100.100.100.200/x.png",
    "https://[::ffff:169.254.169.254]/x.png",
    "https://[fd00:ec2::254]/x.png",
    "https://[2002:a9fe:a9fe::]/x.png",
    "https://[fe80::1%25eth0]/x.png",
    "https://example.com@127.0.0.1/x.png",
    "https://example.com:99999/x.png",
    "https://b\u00fccher.example/x.png",
    "http://example.com/x.png",
]
TEXT = "word " * 2000
# Text in place of an image; images are held by their number alone.
NO_IMAGES = [
    f"data:image/svg+xml,{TEXT}",
    f"data:image/svg+xml;base64,{data_url(TEXT.encode()).partition(',')[2]}",
    f"data:image/png,{TEXT}",
    f"data:image/png;base64,{TEXT}",
    f"data:image/png;charset=utf-8,{TEXT}",
    f"data:image/anything{'A' * 5000}",
    f"data:text/plain,{TEXT}",
    f"data:,{TEXT}",
    f"{data_url()}{TEXT}",
    f"{data_url()}{' ' * 5000}",
    data_url(TEXT.encode()),
    data_url(b"<svg xmlns='http://www.w3.org/2000/svg'><text>word</text></svg>"),
    "data:image/png;base64,",
    "data:image/png;base64,A",
    "data:image/",
]
IMAGES = [
    *(data_url(PNG), data_url(JPEG, "image/jpeg"), data_url(GIF, "image/gif"), data_url(WEBP, "image/webp")),
    # Types that clients get wrong, and base64 as MIME writes it.
    data_url(JPEG),
    data_url(JPEG, "image/jpg"),
    data_url(PNG, "IMAGE/PNG"),
    data_url(PNG).replace("iVBOR", "iVB\r\nOR"),
    f"{data_url()}\n",
]
PUBLIC = "https://example.com:8443/cat.png"


def v1_body(url: str) -> dict[str, Any]:
    """A chat completion about the image."""
    part = {"type": "image_url", "image_url": {"url": url}}
    return {"model": MODEL, "messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, part]}]}


def responses_body(url: str) -> dict[str, Any]:
    """The same as a response."""
    return {"model": MODEL, "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}


def chat_body(url: str) -> dict[str, Any]:
    """The same as a question with an attachment."""
    return {"message": "What?", "model": MODEL, "attachments": [{"type": "image", "url": url}]}


DOORS: dict[str, Any] = {
    "/v1/chat/completions": v1_body,
    "/v1/responses": responses_body,
    "/chat/stream": chat_body,
}


@pytest.mark.parametrize("path", DOORS)
async def test_an_address_in_a_private_network_never_reaches_the_upstream(shared: World, path: str) -> None:
    before = len(await shared.upstream_requests())
    who = shared.newcomer()
    for url in NOT_PUBLIC:
        answer = await shared.post(path, DOORS[path](url), who)
        assert answer.status_code in (400, 422), (url, answer.text)

    assert len(await shared.upstream_requests()) == before


@pytest.mark.parametrize("path", DOORS)
async def test_a_public_address_is_passed_on(shared: World, path: str) -> None:
    answer = await shared.post(path, DOORS[path](PUBLIC), shared.newcomer())

    assert answer.status_code == 200, answer.text
    assert PUBLIC in str((await shared.sent_upstream())[-2:])


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
async def test_text_in_place_of_an_image_never_reaches_the_upstream(shared: World, path: str) -> None:
    before, who = len(await shared.upstream_requests()), shared.newcomer()
    for url in NO_IMAGES:
        answer = await shared.post(path, DOORS[path](url), who)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_value"), (url[:60], answer.text)

    assert len(await shared.upstream_requests()) == before


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
async def test_an_image_as_a_data_url_is_passed_on_unchanged(shared: World, path: str) -> None:
    who = shared.newcomer()
    for url in IMAGES:
        answer = await shared.post(path, DOORS[path](url), who)
        assert answer.status_code == 200, (url, answer.text)
        (part,) = [
            each for each in (await shared.sent_upstream())[-1]["messages"][-1]["content"] if "image_url" in each
        ]
        assert part["image_url"]["url"] == url
