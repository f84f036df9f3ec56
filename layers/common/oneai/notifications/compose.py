"""Composes the MIME message for a row of the outbox: headers, text and HTML."""

from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent, as_html, as_text
from oneai.notifications.locales import en, hi
from oneai.notifications.payloads import TOPICS, WITH_TOKEN, parse_payload


class _UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """A header with one long URL, which mail clients cannot read when it is folded or encoded."""

    def fold(self, *, policy: "Policy[Any]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", _UnfoldedHeader)
_POLICY = SMTP.clone(header_factory=_headers)
_WRITERS = {"en": en.write, "hi": hi.write}
_UNSUBSCRIBE = {"en": en.UNSUBSCRIBE, "hi": hi.UNSUBSCRIBE}


@dataclass(frozen=True)
class Sender:
    """The sender: the product's name and URL, `mail_from` as a plain address; `api_url` hosts `/mail/unsubscribe`."""

    site: str
    url: str
    mail_from: str
    api_url: str


def write_email(
    kind: str, data: dict[str, Any], *, name: str | None, language: str, sender: Sender, token: str
) -> EmailContent:
    """The content of a mail. Raises KeyError, TypeError or ValueError if `data` does not fit the kind."""
    values = {**data, "token": token} if kind in WITH_TOKEN else data
    if kind == "visitor_confirmation":
        values = {**data, "link": _mail_url(sender, "confirm", token)}
    content = _WRITERS[language](
        parse_payload(kind, values), name=formatting.name(name), site=sender.site, url=sender.url
    )
    if kind not in TOPICS:
        return content
    return replace(content, unsubscribe=(_UNSUBSCRIBE[language][TOPICS[kind]], unsubscribe_url(sender, token)))


def mime_message(content: EmailContent, *, to: str, at: datetime, sender: Sender) -> bytes:
    """The MIME message to the plain address `to`. Raises ValueError for header injection."""
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(formatting.one_line(sender.site), addr_spec=sender.mail_from)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = formatting.one_line(content.subject)
    mail["Date"] = format_datetime(at)
    mail["Auto-Submitted"] = "auto-generated"
    if content.unsubscribe:
        mail["List-Unsubscribe"] = f"<{content.unsubscribe[1]}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(as_text(content, sender.site))
    mail.add_alternative(as_html(content, sender.site), subtype="html")
    mail["Content-Language"] = content.language
    return mail.as_bytes()


def unsubscribe_url(sender: Sender, token: str) -> str:
    """The one-click unsubscribe URL (RFC 8058); a GET shows a button."""
    return _mail_url(sender, "unsubscribe", token)


def _mail_url(sender: Sender, page: str, token: str) -> str:
    return f"{sender.api_url.rstrip('/')}/mail/{page}?{urlencode({'token': token})}"
