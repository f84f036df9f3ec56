"""Addresses of the web that strangers wrote, and that people may be led to."""

from urllib.parse import urlsplit

MOST_URL_CHARACTERS = 2000


def web_address(url: object) -> str | None:
    """An address that a person may be led to: http or https, with a host, without a name and password that would pose
    as the host; None for any other, since models write what pages tell them to."""
    if not isinstance(url, str) or len(url) > MOST_URL_CHARACTERS or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and host and "@" not in parts.netloc and "\\" not in url else None
