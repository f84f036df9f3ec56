"""Addresses that people choose lead to public servers alone, and connections to the address that was checked."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from oneai import settings
from oneai.clients import chosen_address, http
from oneai.clients.chosen_address import AddressRefused
from oneai.clients.http import ConnectionLost, RequestHead

CASES = json.loads((Path(__file__).parent / "addresses.json").read_text())


@pytest.fixture(autouse=True)
def own_addresses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment's own addresses, and no origin that is trusted."""
    for name, value in {
        "SUPABASE_URL": "https://project.supabase.example",
        "SITE_URL": "https://oneai.example",
        "API_URL": "https://api.oneai.example/api",
        "WIDGET_ORIGIN": "https://widget.oneai.example",
        "TRUSTED_ENDPOINT_ORIGINS": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings.reset_cache()
    yield
    settings.reset_cache()


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str] | None) -> list[str]:
    """A resolver with these answers, one after the other; the names that it was asked for."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        assert found is not None, f"{host} is refused without a look-up"
        return found

    monkeypatch.setattr(chosen_address, "resolve", resolve)
    return asked


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['expect']} {case['shows']}")
async def test_an_address_is_accepted_only_if_it_is_public(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, case.get("resolves"))
    if case["expect"] == "ok":
        checked = await chosen_address.check(case["url"])
        assert checked.address in case["resolves"]
        return
    with pytest.raises(AddressRefused) as refused:
        await chosen_address.check(case["url"])
    assert refused.value.reason == case["expect"]


def test_there_are_more_than_forty_cases() -> None:
    assert sum(case["expect"] != "ok" for case in CASES) > 40


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0"])
async def test_notations_that_the_resolver_reads_as_this_machine_are_refused(host: str) -> None:
    """The resolver of this machine, not ours: it does read them."""
    found = {each[4][0] for each in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}

    assert found
    assert not any(chosen_address.is_public(str(each)) for each in found)
    with pytest.raises(AddressRefused):
        await chosen_address.check(f"https://{host}/v1")


async def test_a_name_is_resolved_again_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer of a name whose owner changes it (DNS rebinding)."""
    asked = resolving(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    await chosen_address.check("https://models.example.com/v1")
    with pytest.raises(AddressRefused) as refused:
        await chosen_address.check("https://models.example.com/v1")

    assert refused.value.reason == "not_public"
    assert asked == ["models.example.com"] * 2


async def test_the_connection_goes_to_the_checked_address_and_names_the_host(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The resolver is not asked again: the name has no address at all here."""
    heads: list[bytes] = []
    names: list[str | None] = []
    async with tls_server(certificate, heads, names) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        http.connection_pool._tls.cache_clear()
        try:
            url = f"https://models.oneai.invalid:{port}/v1/models"
            head = RequestHead.of_get(url, {b"authorization": b"Bearer x"}, address="127.0.0.1")
            response = await http.get(head, idle_seconds=10)
            assert response.status == 200
            await response.read_all()
            # Another name is not what the certificate says.
            other = RequestHead.of_get(url.replace("models.", "other."), {}, address="127.0.0.1")
            with pytest.raises(ConnectionLost):
                await http.get(other, idle_seconds=10)
        finally:
            http.close()
            http.connection_pool._tls.cache_clear()

    assert names[0] == "models.oneai.invalid"
    assert f"\r\nhost: models.oneai.invalid:{port}\r\n".encode() in heads[0]


@asynccontextmanager
async def tls_server(certificate: tuple[Path, Path], heads: list[bytes], names: list[str | None]) -> AsyncIterator[int]:
    """A server for TLS on this machine that notes the heads of requests and the names that clients ask for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: names.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for one name, signed by itself, and its key."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "models.oneai.invalid")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("models.oneai.invalid")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    of_server, of_key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    of_server.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    of_key.write_bytes(key.private_bytes(*encoding))
    return of_server, of_key
