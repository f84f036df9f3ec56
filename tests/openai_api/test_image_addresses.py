"""Addresses of images: `/v1` and the chat's attachments refuse the same ones."""

from typing import Any

import pytest

from tests.world import World

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
async def test_an_address_inside_a_network_never_reaches_the_upstream(shared: World, path: str) -> None:
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
