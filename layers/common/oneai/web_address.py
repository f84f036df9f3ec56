"""Web addresses from untrusted text that users may be led to."""

from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2000


def web_address(url: object) -> str | None:
    """Returns the address if a user may be led to it, else None. It must be http or https with a host, and without a
    user name and password that could pose as the host. Models write the addresses that web pages give them."""
    if not isinstance(url, str) or len(url) > MAX_URL_CHARACTERS or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc and "\\" not in url else None
