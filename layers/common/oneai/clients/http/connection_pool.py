"""Connections that wait for a request, and new ones: TCP, TLS, and a proxy of the environment."""

import asyncio
import os
import ssl
import time
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import cast
from urllib.parse import SplitResult, unquote, urlsplit

from oneai.clients.http.connection import ConnectionLost, HttpConnection

CONNECT_SECONDS = 5.0
# Of connections that wait for a request. Those in use are as many as there are responses being read.
IDLE_CONNECTIONS = 20
IDLE_SECONDS = 55.0
# Until an address of the other kind (IPv6, IPv4) is tried beside one that is silent; RFC 8305.
NEXT_ADDRESS_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go: a server, and either the proxy on the way there or the IP address that is connected to."""

    scheme: str
    host: str
    port: int
    proxy: str | None
    address: str | None = None

    @classmethod
    def of(cls, url: SplitResult, address: str | None = None) -> "Origin":
        """The origin of `url`, with the proxy that the environment has for it.

        With an `address`, connections lead to this IP address, and to no proxy, which would resolve the name itself.
        Raises ValueError for an address that is no IP address.
        """
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        if address is None:
            return cls(url.scheme, host, port, proxy_for(url.scheme, host))
        return cls(url.scheme, host, port, None, str(ip_address(address)))

    @property
    def authority(self) -> str:
        """The value of `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    @property
    def is_asked_through_proxy(self) -> bool:
        """Whether the proxy reads the requests: those without TLS, which name the whole address (RFC 9112, 3.2.2)."""
        return self.proxy is not None and self.scheme == "http"


class ConnectionPool:
    """The connections of one event loop."""

    def __init__(self) -> None:
        self._idle: list[tuple[Origin, HttpConnection]] = []

    async def connect(self, origin: Origin, *, reuses: bool = True) -> HttpConnection:
        """The connection that was used last where it `reuses` one, else a new one. Raises ConnectionLost."""
        self._drop_old()
        for n in range(len(self._idle) - 1, -1, -1):
            if reuses and self._idle[n][0] == origin:
                return self._idle.pop(n)[1]
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await _open(origin)
        except (TimeoutError, OSError, ValueError) as error:  # an SSLError is an OSError; a host may be no name
            raise ConnectionLost from error

    def release(self, origin: Origin, connection: HttpConnection) -> None:
        """Takes back a connection whose request has ended, and closes it where it cannot be used again."""
        if not connection.is_reusable:
            connection.abort()
            return
        connection.idle_since = time.monotonic()
        self._idle.append((origin, connection))
        self._drop_old()

    def close(self) -> None:
        """Closes those that wait."""
        for _, connection in self._idle:
            connection.abort()
        self._idle.clear()

    def _drop_old(self) -> None:
        old = time.monotonic() - IDLE_SECONDS
        kept = [each for each in self._idle if each[1].is_reusable and each[1].idle_since > old][-IDLE_CONNECTIONS:]
        for each in self._idle:
            if each not in kept:
                each[1].abort()
        self._idle = kept


@cache
def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy of the environment for this host; one is not for a stand-in on this machine."""
    from urllib.request import getproxies, proxy_bypass

    if host in ("127.0.0.1", "localhost") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def proxy_headers(proxy: str) -> dict[bytes, bytes]:
    """What a proxy with a name and a password in its address is sent."""
    url = urlsplit(proxy)
    if url.username is None:
        return {}
    words = f"{unquote(url.username)}:{unquote(url.password or '')}".encode()
    return {b"proxy-authorization": b"Basic " + b64encode(words)}


async def _open(origin: Origin) -> HttpConnection:
    if origin.proxy is None:
        return await _connect(origin.scheme, origin.host, origin.port, origin.address)
    proxy = urlsplit(origin.proxy)
    default = 443 if proxy.scheme == "https" else 80
    connection = await _connect(proxy.scheme, proxy.hostname or "", proxy.port or default)
    if origin.scheme == "https":
        try:
            connection = await _tunnel(connection, origin)
        except BaseException:
            connection.abort()
            raise
    return connection


async def _connect(scheme: str, host: str, port: int, address: str | None = None) -> HttpConnection:
    """A connection to `address`, or else to one of the host's addresses; the certificate is for the host."""
    is_tls = scheme == "https"
    _, connection = await asyncio.get_running_loop().create_connection(
        HttpConnection,
        address or host,
        port,
        ssl=_tls() if is_tls else None,
        server_hostname=host if is_tls else None,
        happy_eyeballs_delay=NEXT_ADDRESS_SECONDS,
    )
    return connection


async def _tunnel(connection: HttpConnection, origin: Origin) -> HttpConnection:
    """The connection to the server behind the proxy (RFC 9110, 9.3.6)."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    authority = f"{host}:{origin.port}".encode()
    lines = [b"CONNECT %b HTTP/1.1" % authority, b"host: " + authority]
    lines += [b"%b: %b" % each for each in proxy_headers(origin.proxy or "").items()]
    connection.send(b"\r\n".join(lines) + b"\r\n\r\n", b"")
    status, _ = await connection.read_head(CONNECT_SECONDS)
    if status // 100 != 2:
        raise ConnectionLost(f"The proxy answered {status}.")
    inside = HttpConnection()
    transport = await asyncio.get_running_loop().start_tls(
        connection.transport, inside, _tls(), server_hostname=origin.host
    )
    inside.connection_made(cast("asyncio.Transport", transport))
    return inside


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are those of certifi, or of the environment."""
    import certifi

    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=folder)
    return ssl.create_default_context(cafile=certifi.where())
