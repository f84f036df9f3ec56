"""Where a visitor asks: the page, the page before it, the browser's language, and the kind of device."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from oneai.text import clean_line

Device = Literal["phone", "tablet", "desktop"]

PAGE_CHARACTERS = 500
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?(?:-[a-z0-9-]*)?\Z", re.I | re.A)
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
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path}"[:PAGE_CHARACTERS]


PageAddress = Annotated[str, Field(max_length=4000), AfterValidator(_page)]


def language_tag(tag: str) -> str | None:
    """A tag of BCP 47 in its usual case, without what follows language, script and region; None for what is none."""
    found = _LANGUAGE.match(tag)
    if not found:
        return None
    language, script, region = found.groups()
    parts = [language.lower(), script and script.title(), region and region.upper()]
    return "-".join(part for part in parts if part)


BrowserLanguage = Annotated[str, Field(max_length=4000), AfterValidator(language_tag)]


def visit_language(written: str | None, browser: str | None) -> str | None:
    """The language of a visit: the one that the visitor writes, as exact as their browser says it; the browser's if
    what they write does not say it."""
    is_same = written is not None and browser is not None and browser.split("-")[0] == written
    return browser if written is None or is_same else written


def device_of(user_agent: str | None) -> Device | None:
    """The kind of device that a browser says it runs on; None without a word."""
    if not user_agent:
        return None
    if _TABLET.search(user_agent):
        return "tablet"
    return "phone" if _PHONE.search(user_agent) else "desktop"
