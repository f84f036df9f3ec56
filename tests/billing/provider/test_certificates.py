"""The client accepts as Razorpay only servers that this system's certificates vouch for."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from oneai import settings
from oneai.billing_errors import PaymentProviderUnavailable
from oneai.clients import razorpay

ANSWER = b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\nconnection: close\r\n\r\n{"id":"plan_1"}'


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[str]:
    """A server that only its own certificate vouches for, which is in `folder` as `certificate.pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.razorpay.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_certificates_trusted_by_the_system_are_accepted_and_no_others(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with secured(tmp_path) as address:
        environment.setenv("RAZORPAY_BASE_URL", address)
        settings.reset_cache()
        with pytest.raises(PaymentProviderUnavailable):
            await razorpay.get("/plans/plan_1")

        environment.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        razorpay.reset_cache()
        assert await razorpay.get("/plans/plan_1") == {"id": "plan_1"}
