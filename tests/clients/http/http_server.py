"""A server made of bytes: what it answers is what a test writes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from oneai.clients import http

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"

type Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server that answers with `handler`, after a request's headers; its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await handler(reader, writer)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls) as listening:
        port: int = listening.sockets[0].getsockname()[1]
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        try:
            yield f"{scheme}://{host}:{port}"
        finally:
            http.close()


def sending(*parts: bytes) -> Handler:
    """A handler that sends this, and closes the connection."""

    async def handler(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return handler


async def post(
    url: str,
    content: bytes = b'{"model":"m"}',
    *,
    idle_seconds: float = 20,
    address: str | None = None,
    **headers: bytes,
) -> http.StreamedResponse:
    """The response to a request."""
    head = http.RequestHead.of_post(url, {b"authorization": b"Bearer key"}, address=address)
    own = {name.encode(): value for name, value in headers.items()}
    return await http.post(head, content, own, idle_seconds=idle_seconds)


def contexts(folder: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """TLS of a server of this name, and the file that a client trusts."""
    file = _certificate(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


def _certificate(folder: Path, dns_name: str) -> Path:
    """A certificate for this name with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, dns_name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(dns_name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{dns_name}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file
