"""Where a visitor asks: the page, the page before it, and the kind of device."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from oneai.text import clean_line

Device = Literal["phone", "tablet", "desktop"]

PAGE_CHARACTERS = 500
_TABLET = re.compile(r"iPad|Tablet|PlayBook|Silk|Android(?!.*Mobile)", re.IGNORECASE)
_PHONE = re.compile(r"Mobi|iPhone|iPod|Android", re.IGNORECASE)


def _page(address: str) -> str | None:
    """A page's address without query, fragment and user; None for what is no page of the web, so that no strange page
    keeps a visitor from asking."""
    try:
        parts = urlsplit(clean_line(address))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host:
        return None
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"[:PAGE_CHARACTERS]


PageAddress = Annotated[str, Field(max_length=4000), AfterValidator(_page)]


def device_of(user_agent: str | None) -> Device | None:
    """The kind of device that a browser says it runs on; None without a word."""
    if not user_agent:
        return None
    if _TABLET.search(user_agent):
        return "tablet"
    return "phone" if _PHONE.search(user_agent) else "desktop"
