"""The documents at the widget's own origin: the chat in a frame on a website, and on a page of its own.

Both are made for each chatbot, because a frame's policy names the websites that may show it. They have no token and
nothing about a visitor, so that any cache may store them.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path

from oneai import settings
from oneai.chatbot_errors import ChatbotNotFound
from oneai.chatbots.fields import PreChatForm, Widget
from oneai.chatbots.published import PublishedChatbot, published_chatbot

SECONDS_CACHED = 60
# As the chat's own field has it.
QUESTION_CHARACTERS = 5000
# What `python -m local.web.early_field` makes of web/widget/early.
_EARLY: dict[str, str] = json.loads(Path(__file__).with_name("early_field.json").read_text())


@dataclass(frozen=True)
class WidgetDocumentSettings:
    """`api_url`: the API's address as browsers call it; empty: that of the request. `site_url`: the app's, which shows
    previews."""

    api_url: str = ""
    site_url: str = ""


@dataclass(frozen=True)
class WidgetDocument:
    """An HTML document and its headers."""

    html: str
    headers: dict[str, str]


async def frame_document(public_id: str, requested_at: str) -> WidgetDocument:
    """The document of the frame. `requested_at` is the API's address in this request. Raises ChatbotNotFound."""
    chatbot = await published_chatbot(public_id, afresh=True)
    site = settings.read(WidgetDocumentSettings).site_url
    # The origin itself has a page to try the widget on.
    return _document(chatbot, requested_at, ancestors=["'self'", *([_origin(site)] if site else []), *chatbot.domains])


async def page_document(public_id: str, requested_at: str) -> WidgetDocument:
    """The page of its own, where the chatbot has one. Raises ChatbotNotFound."""
    chatbot = await published_chatbot(public_id, afresh=True)
    if not chatbot.configuration.widget.public_page:
        raise ChatbotNotFound
    return _document(chatbot, requested_at, ancestors=[], page=True)


def _document(
    chatbot: PublishedChatbot, requested_at: str, *, ancestors: list[str], page: bool = False
) -> WidgetDocument:
    api = (settings.read(WidgetDocumentSettings).api_url or requested_at).rstrip("/")
    widget = chatbot.configuration.widget
    title = escape(widget.title or chatbot.name)
    html = f"""<!doctype html>
<html lang="{widget.languages[0]}" data-appearance="{widget.appearance}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
    <meta name="robots" content="noindex">
    <title>{title}</title>
    <style>{_EARLY["style"]}</style>
  </head>
  <body data-chatbot="{chatbot.public_id}" data-api="{escape(api)}"{" data-page" if page else ""}>
    {"" if page or chatbot.status == "paused" or _asks_first(widget.form) else _early(widget, title)}
    <link rel="preload" as="fetch" crossorigin href="{escape(api)}/widget/{chatbot.public_id}">
    <link rel="stylesheet" href="/widget-frame.css">
    <script src="/widget-frame.js" defer></script>
  </body>
</html>
"""
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {_hash(_EARLY['script'])}",
        "style-src": f"'self' {_hash(_EARLY['style'])}",
        "img-src": "'self' data:",
        "connect-src": f"{api}/widget/",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": " ".join(ancestors) or "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "svelte-trusted-html",
    }
    return WidgetDocument(
        html,
        {
            "cache-control": f"public, max-age={SECONDS_CACHED}",
            "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            # A website that isolates itself shows only frames that do so as well.
            "cross-origin-embedder-policy": "require-corp",
            "cross-origin-resource-policy": "cross-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "referrer-policy": "origin",
            "x-robots-tag": "noindex",
        },
    )


def _asks_first(form: PreChatForm) -> bool:
    return form != PreChatForm()


def _early(widget: Widget, title: str) -> str:
    """A field to type in, with its script, until the chat's own script has run. Both are in the document, before
    everything that it loads, so that a visitor types as soon as the document is there."""
    return (
        f'<form class="composer early"><textarea rows="1" maxlength="{QUESTION_CHARACTERS}" dir="auto" '
        f'aria-label="{title}" placeholder="{escape(widget.placeholder)}"></textarea></form>'
        f"<script>{_EARLY['script']}</script>"
    )


def _hash(text: str) -> str:
    """The text as a policy allows it in the document."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])
