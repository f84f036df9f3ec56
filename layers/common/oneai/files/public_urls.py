"""Validates URLs of external files: https, at a publicly reachable host."""

import re
from urllib.parse import urlsplit

URL_CHARACTERS = 2048
# A DNS name: no percent signs, and no number as last label. Browsers parse 2130706433, 0x7f.1 and 127.1 as IP
# addresses.
NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
# An IPv4 or IPv6 address without a zone.
IP_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f.]*:[0-9a-f:.]*")
# Suffixes that only resolve inside a private network or cluster.
PRIVATE_SUFFIXES = (
    *(".localhost", ".localdomain", ".local", ".internal", ".intranet", ".private", ".lan", ".home", ".corp", ".arpa"),
    *(".svc", ".default", ".consul", ".test", ".invalid", ".onion", ".intern", ".fritz.box"),
)
# Public names that lead to addresses inside a network: metadata services of clouds, and DNS services whose names
# resolve to the address in the name, or to the host itself.
INWARD_SUFFIXES = (
    *(".metadata.azure.com", ".metadata.tencentyun.com", ".nip.io", ".sslip.io", ".xip.io", ".localtest.me"),
    *(".lvh.me", ".vcap.me", ".lacolhost.com"),
)
# Azure's host, which only answers Azure's machines. https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
INWARD_ADDRESSES = ("168.63.129.16",)


def is_public(url: str) -> bool:
    """Whether this is an https URL whose host is not in a private network.

    Only the model's provider fetches it. A public name may still resolve to a private address, which the provider must
    refuse.
    """
    if len(url) > URL_CHARACTERS or not url.isascii() or not url.isprintable() or re.search(r"[\s\\<>\"]", url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or parts.password is not None:
        return False
    if IP_ADDRESS.fullmatch(host):
        return _is_public_ip(host)
    return NAME.fullmatch(host) is not None and not f".{host}".endswith(PRIVATE_SUFFIXES + INWARD_SUFFIXES)


def _is_public_ip(host: str) -> bool:
    import ipaddress  # costs 18 ms of a cold start, and few requests need it

    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    if number.is_multicast or not number.is_global or host in INWARD_ADDRESSES:
        return False
    # Only allocated IPv6: NAT64 (64:ff9b::/96) and other embeddings of IPv4 are outside.
    return number.version == 4 or number in ipaddress.ip_network("2000::/3")
