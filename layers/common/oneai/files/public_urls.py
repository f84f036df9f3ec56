"""Which addresses of files elsewhere are kept and passed on: https, at a host that anybody can reach."""

import re
from urllib.parse import urlsplit

URL_CHARACTERS = 2048
# A name in DNS as it stands in an address: no percent sign, and no number at its end. Browsers read 2130706433, 0x7f.1
# and 127.1 as addresses too.
NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?")
# An IPv4 or IPv6 address without a zone.
IP_ADDRESS = re.compile(r"[0-9.]+|[0-9a-f.]*:[0-9a-f:.]*")
# Names that mean something only inside a network, such as a house, a company or a cluster.
PRIVATE_SUFFIXES = (
    *(".localhost", ".localdomain", ".local", ".internal", ".intranet", ".private", ".lan", ".home", ".corp", ".arpa"),
    *(".svc", ".default", ".consul", ".test", ".invalid", ".onion"),
)


def is_public(url: str) -> bool:
    """Whether this is an https address of a host that can be anywhere but in somebody's own network.

    We never fetch it, the model's provider does. A public name may still lead into a network; that is theirs to refuse.
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
    return NAME.fullmatch(host) is not None and not host.endswith(PRIVATE_SUFFIXES)


def _is_public_ip(host: str) -> bool:
    import ipaddress  # eighteen milliseconds of a cold start, for the few who send an address

    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    if number.is_multicast or not number.is_global:
        return False
    # Of IPv6 only what is handed out: NAT64 (64:ff9b::/96) and other forms of an IPv4 address lie beside it.
    return number.version == 4 or number in ipaddress.ip_network("2000::/3")
