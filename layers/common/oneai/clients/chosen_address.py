"""Checks addresses that people choose before we connect to them, such as those of their own model servers.

A name says nothing: it is resolved, every address that it has must be public, and the caller connects to the address
that was checked (`RequestHead.of(…, address=…)`). Resolving again would let a name change in between (DNS rebinding).
It is checked at each request, and no redirect may be followed.
"""

import asyncio
import re
import socket
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, urlsplit

from oneai import settings

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

type Refusal = Literal["malformed", "not_https", "credentials", "port", "own_host", "not_public", "unknown_host"]

RESOLVE_SECONDS = 5.0
MAX_URL_CHARACTERS = 2000
# Labels of a DNS name; the last one is no number: resolvers read `127.1`, `0x7f.1` and `2130706433` as IP addresses.
_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
# AWS's names of APIs and functions. Ours are among them, and a request to ourselves would loop.
_AWS_APIS = re.compile(r".*\.(execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|lambda-url\.[a-z0-9-]+\.on\.aws)")
# Ranges that `is_global` lets pass and where no public server is: relays to IPv4, and IETF's own assignments.
_NOT_SERVERS = ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "2001::/23", "2002::/16", "3fff::/20")
# Azure's version of its API. Any other query may be a key, and addresses are stored and shown as they are.
_QUERY = re.compile(r"api-version=[A-Za-z0-9.-]{1,40}")
_UNICAST_IPV6 = "2000::/3"


class AddressRefused(Exception):
    """We do not connect to this address; `reason` says why."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


@dataclass(frozen=True)
class ChosenAddressSettings:
    """`custom_endpoint_ports` are those that may be connected to. `trusted_endpoint_origins` are connected to without a
    check, such as `http://127.0.0.1:8001`: for the local stack, and a deployment names none. The other settings are
    addresses of our own."""

    custom_endpoint_ports: tuple[str, ...] = ("443", "8443")
    trusted_endpoint_origins: tuple[str, ...] = ()
    supabase_url: str = ""
    site_url: str = ""
    api_url: str = ""
    widget_origin: str = ""


@dataclass(frozen=True, slots=True)
class CheckedAddress:
    """An address to connect to now."""

    url: str
    address: str | None
    """The public IP address of its host; None for a trusted origin, which is connected to by its name."""


def normal(url: str) -> str:
    """The address as it is stored: the host in lower case and ASCII, without a dot or slash at the end. Of
    queries only Azure's `api-version` is accepted. Raises
    AddressRefused for one that no lookup could make good."""
    if len(url) > MAX_URL_CHARACTERS or not url.isprintable() or re.search(r"[\s\\<>\"^`{|}]", url):
        raise AddressRefused("malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _ascii_host(parts.hostname or "")
    except ValueError:
        raise AddressRefused("malformed") from None
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("credentials")
    if not host or parts.fragment or "#" in url or not parts.path.isascii():
        raise AddressRefused("malformed")
    if parts.query and not _QUERY.fullmatch(parts.query):
        raise AddressRefused("malformed")
    shown = f"[{host}]" if ":" in host else host
    shown += f":{port}" if port not in (None, 443 if parts.scheme == "https" else 80) else ""
    normalised = f"{parts.scheme}://{shown}{parts.path.rstrip('/')}"
    normalised += f"?{parts.query}" if parts.query else ""
    if not _is_trusted(parts.scheme, shown):
        _require_allowed(parts, host, port)
    return normalised


async def check(url: str) -> CheckedAddress:
    """Resolves the host of a normal address. Raises AddressRefused unless all its IP addresses are public."""
    parts = urlsplit(normal(url))
    if _is_trusted(parts.scheme, parts.netloc):
        return CheckedAddress(url, None)
    addresses = await resolve(parts.hostname or "", parts.port or 443)
    if not addresses:
        raise AddressRefused("unknown_host")
    if not all(is_public(each) for each in addresses):
        raise AddressRefused("not_public")
    # A Lambda function outside of a VPC has no route to IPv6.
    return CheckedAddress(url, next((each for each in addresses if ":" not in each), addresses[0]))


async def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a name, in the resolver's order; none if there is no such name."""
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def is_public(address: str) -> bool:
    """Whether a server in the internet can have this IP address: not one of a private network, of this machine, of a
    cloud's metadata, of a group, or one that leads to such an IPv4 address in IPv6."""
    from ipaddress import IPv6Address, ip_address

    try:
        number = ip_address(address)
    except ValueError:
        return False
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    if not number.is_global or number.is_multicast or any(_is_in(number, each) for each in _ranges()):
        return False
    return number.version == 4 or _is_in(number, _unicast())


def _require_allowed(parts: SplitResult, host: str, port: int | None) -> None:
    config = settings.read(ChosenAddressSettings)
    if parts.scheme != "https":
        raise AddressRefused("not_https")
    if str(port or 443) not in config.custom_endpoint_ports:
        raise AddressRefused("port")
    if ":" in host or re.fullmatch(r"[0-9]+(\.[0-9]+){3}", host):
        if not is_public(host):
            raise AddressRefused("not_public")
    elif not _NAME.fullmatch(host):
        raise AddressRefused("not_public" if re.fullmatch(r"[a-z0-9.-]+", host) else "malformed")
    own = (config.supabase_url, config.site_url, config.api_url, config.widget_origin)
    if host in {urlsplit(each).hostname for each in own if each} or _AWS_APIS.fullmatch(host):
        raise AddressRefused("own_host")


def _ascii_host(host: str) -> str:
    """Raises ValueError for a host that has no form in ASCII."""
    if "%" in host:  # a zone of IPv6, or an encoded character
        raise ValueError("no part of a host is encoded")
    if not host.isascii():
        import idna  # its tables take longer to load than most requests

        host = idna.encode(host, uts46=True).decode()
    return host.lower().removesuffix(".")


def _is_trusted(scheme: str, netloc: str) -> bool:
    return f"{scheme}://{netloc}" in settings.read(ChosenAddressSettings).trusted_endpoint_origins


def _is_in(number: "IPv4Address | IPv6Address", network: "IPv4Network | IPv6Network") -> bool:
    return number.version == network.version and number in network


@cache
def _ranges() -> "tuple[IPv4Network | IPv6Network, ...]":
    from ipaddress import ip_network

    return tuple(ip_network(each) for each in _NOT_SERVERS)


@cache
def _unicast() -> "IPv4Network | IPv6Network":
    from ipaddress import ip_network

    return ip_network(_UNICAST_IPV6)
