"""A visitor's conversation as a file: JSON, CSV, Markdown, HTML or PDF.

Visitors write what they like. Cells that a spreadsheet would run are guarded, and the HTML file runs and loads nothing.
Notes of the team are in none of them, because a transcript is made to be passed on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Literal, NamedTuple

from oneai.chatbots.conversations import ChatbotConversationDetail, ChatbotMessage
from oneai.code_fences import closed
from oneai.conversations.archive.render import POLICY, STYLE
from oneai.csv_file import csv_lines

Format = Literal["json", "csv", "markdown", "html", "pdf"]
MESSAGE_COLUMNS = ("number", "created_at", "author", "name", "text", "outcome", "rating")
_UNTITLED = "Untitled conversation"
_KINDS = {"bot": "Chatbot", "member": "Team", "visitor": "Visitor"}


class Transcript(NamedTuple):
    """A file."""

    text: str
    media_type: str
    extension: str


def render(talk: ChatbotConversationDetail, kind: Format) -> Transcript:
    """The conversation as a file of this kind."""
    return _RENDERERS[kind](talk)


def _json(talk: ChatbotConversationDetail) -> Transcript:
    return Transcript(talk.model_dump_json(exclude={"notes"}, indent=2), "application/json", "json")


def message_rows(talk: ChatbotConversationDetail) -> list[tuple[object, ...]]:
    """Its messages as rows with MESSAGE_COLUMNS."""
    return [
        (
            *(each.number, each.created_at.isoformat(), each.author.kind, each.author.name or "", each.content),
            *(each.outcome or "", each.rating or ""),
        )
        for each in talk.items
    ]


def _csv(talk: ChatbotConversationDetail) -> Transcript:
    return Transcript(csv_lines([MESSAGE_COLUMNS, *message_rows(talk)]), "text/csv; charset=utf-8", "csv")


def _markdown(talk: ChatbotConversationDetail) -> Transcript:
    parts = [f"# {_title(talk)}\n\n*{_when(talk.created_at)}*\n"]
    parts += [f"## {_who(each)}\n\n*{_when(each.created_at)}*\n\n{closed(each.content)}\n" for each in talk.items]
    return Transcript("\n".join(parts), "text/markdown; charset=utf-8", "md")


def _html(talk: ChatbotConversationDetail) -> Transcript:
    title = escape(_title(talk))
    messages = "".join(
        f"<section>\n<h2>{escape(_who(each))} <time>{_when(each.created_at)}</time></h2>\n"
        f'<div dir="auto">{escape(each.content)}</div>\n</section>\n'
        for each in talk.items
    )
    text = (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{title}</h1>\n<time>{_when(talk.created_at)}</time>\n{messages}</body>\n</html>\n'
    )
    return Transcript(text, "text/html; charset=utf-8", "html")


def _pdf(talk: ChatbotConversationDetail) -> Transcript:
    from oneai.inbox import transcript_pdf  # takes long to import

    messages = [transcript_pdf.PrintedMessage(_who(each), _when(each.created_at), each.content) for each in talk.items]
    text = transcript_pdf.render(_title(talk), talk.created_at, _when(talk.created_at), messages)
    return Transcript(text, "application/pdf", "pdf")


def _title(talk: ChatbotConversationDetail) -> str:
    return " ".join((talk.title or "").split()) or _UNTITLED


def _who(message: ChatbotMessage) -> str:
    name = " ".join((message.author.name or "").split())
    return f"{_KINDS[message.author.kind]}: {name}" if name else _KINDS[message.author.kind]


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


_RENDERERS: dict[Format, Callable[[ChatbotConversationDetail], Transcript]] = {
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "html": _html,
    "pdf": _pdf,
}
