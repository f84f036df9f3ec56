"""The known outcome after every response of SES or none: at moto, at the stand-in, and without a server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import boto3
import pytest
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from oneai import settings
from oneai.clients import ses
from tests.notifications.conftest import Office

pytestmark = pytest.mark.sampled(0.4)

MESSAGE = b"From: OneAI <oneai@mail.example>\r\nTo: asha@example.com\r\nSubject: Hello\r\n\r\nHello\r\n"
ASHA = "asha@example.com"


@pytest.fixture
def environment() -> Iterator[pytest.MonkeyPatch]:
    """A function's, with invalid credentials."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "test")
        environment.setenv("AWS_DEFAULT_REGION", "ap-south-1")
        environment.setenv("MAIL_FROM", "oneai@mail.example")
        settings.reset_cache()
        ses.reset_cache()
        yield environment
    settings.reset_cache()
    ses.reset_cache()


@asynccontextmanager
async def wire(environment: pytest.MonkeyPatch, answer: bytes | None) -> AsyncIterator[list[bytes]]:
    """An SES that reads a request, says `answer` and hangs up; with None it resets the connection."""
    result: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        result.append(await reader.readexactly(length))
        if answer is None:
            writer.transport.abort()
            return
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        environment.setenv("MAIL_ENDPOINT_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        settings.reset_cache()
        yield result


async def test_the_message_reaches_ses_whole_and_has_one_recipient(environment: pytest.MonkeyPatch) -> None:
    with mock_aws():
        boto3.client("sesv2").create_email_identity(EmailIdentity="mail.example")
        await ses.ready()
        provider_id = await ses.send(MESSAGE, to=ASHA, mail_id="6f1c")

        (sent,) = ses_backends[DEFAULT_ACCOUNT_ID]["ap-south-1"].sent_messages
        assert sent.id == provider_id
        assert (sent.source, set(sent.destinations)) == ("oneai@mail.example", {ASHA})
        assert sent.raw_data.replace("\r\n", "\n") == MESSAGE.decode().replace("\r\n", "\n")


async def test_the_message_reaches_the_stand_in_as_it_reaches_ses(office: Office) -> None:
    await ses.ready()
    assert (await ses.send(MESSAGE, to=ASHA, mail_id="6f1c")).startswith("local-")

    (arrived,) = await office.arrived()
    assert (arrived["to"], arrived["subject"], arrived["tags"]) == (ASHA, "Hello", "mail=6f1c")
    for form in ("eml", "txt", "html"):
        assert (await office.browser.get(f"{office.address}/1.{form}")).status_code == 200
    page = await office.browser.get(f"{office.address}/", headers={"accept": "text/html"})
    assert "Hello" in page.text


@pytest.mark.parametrize(
    "address", ["", "asha", "a@b\r\nBcc: c@d.example", "a@b.example, c@d.example", "आशा@उदाहरण.भारत"]
)
async def test_an_invalid_address_is_refused_before_anything_is_sent(
    address: str, environment: pytest.MonkeyPatch
) -> None:
    async with wire(environment, None) as result:
        with pytest.raises(ses.NotSent) as refusal:
            await ses.send(MESSAGE, to=address, mail_id="1")
    assert refusal.value.permanent
    assert result == []


async def test_a_refused_connection_means_not_sent(environment: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        environment.setenv("MAIL_ENDPOINT_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        settings.reset_cache()
        with pytest.raises(ses.NotSent) as refusal:
            await ses.ready()
        assert not refusal.value.permanent
        with pytest.raises(ses.NotSent):
            await ses.send(MESSAGE, to=ASHA, mail_id="1")


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n<>"],
    ids=["reset", "silence", "half", "nonsense"],
)
async def test_only_a_complete_response_tells_the_outcome_of_a_sent_message(
    answer: bytes | None, environment: pytest.MonkeyPatch
) -> None:
    async with wire(environment, answer) as result:
        with pytest.raises(ses.OutcomeUnknown):
            await ses.send(MESSAGE, to=ASHA, mail_id="1")
    assert len(result) == 1  # and was not sent again


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (429, "TooManyRequestsException", False),
        (500, "InternalFailure", False),
        (503, "ServiceUnavailable", False),
        (403, "AccessDeniedException", False),
        (400, "MailFromDomainNotVerifiedException", False),
        (400, "MessageRejected", True),
        (400, "BadRequestException", True),
    ],
)
async def test_a_refusal_is_permanent_or_temporary(
    status: int, code: str, permanent: bool, environment: pytest.MonkeyPatch
) -> None:
    answer = f"HTTP/1.1 {status} X\r\nx-amzn-errortype: {code}\r\ncontent-length: 2\r\n\r\n{{}}".encode()
    async with wire(environment, answer) as result:
        with pytest.raises(ses.NotSent) as refusal:
            await ses.send(MESSAGE, to=ASHA, mail_id="1")
    assert (refusal.value.code, refusal.value.permanent) == (code, permanent)
    assert len(result) == 1
