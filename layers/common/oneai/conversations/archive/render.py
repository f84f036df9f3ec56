"""Renders the visible branch as markdown, HTML and plain text.

Messages may contain scripts, tracking images, or terminal control characters. The HTML file is inert: everything is
escaped, nothing runs and nothing is loaded. The markdown file is verbatim and says so at its start, because the viewer
renders it. Only an open code fence of a message is closed, or the next message would be part of the code. In the text
file no line of a message can be mistaken for a heading.
"""

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from oneai.code_fences import closed
from oneai.conversations.adjustments import notes
from oneai.conversations.archive.document import ExportedAttachment, ExportedMessage, ExportHeader
from oneai.models.outcome import MAX_REASONING


class ExportFormat(NamedTuple):
    """How to render a conversation: `begin`, then each message with `between` in between, then `end`."""

    extension: str
    media_type: str
    whole_tree: bool
    begin: Callable[[ExportHeader], str]
    each: Callable[[ExportedMessage], str]
    between: str
    end: str


UNTITLED = "Untitled conversation"
REASONING = "Reasoning"
ENDINGS = {
    "streaming": "still being written",
    "stopped": "stopped",
    "truncated": "broken off",
    "failed": "failed",
    "complete": None,
}


def _line(text: str) -> str:
    """Text on one line, whichever characters end a line in it."""
    return " ".join(text.split())


def _title(head: ExportHeader) -> str:
    return _line(head.conversation.title or "") or UNTITLED


def _who(message: ExportedMessage) -> str:
    return "You" if message.role == "user" else _line(message.model_served or message.model or "") or "Assistant"


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _file_name(file: ExportedAttachment) -> str:
    lines = [_line(text) for text in (file.name, file.url, file.type) if text]
    return next(filter(None, lines), "file")  # a name may be blank


def _notes(message: ExportedMessage) -> list[str]:
    """Notes on a message besides its text. Outside the visible branch an export has only answers that wait for the
    user's choice."""
    names = ", ".join(_file_name(each) for each in message.attachments)
    images = f"{message.images} image{'s' if message.images > 1 else ''}" if message.images else None
    beside = None if message.is_latest else "asked together with the answer above"
    attached = f"Attached: {names}" if names else None
    making = notes(message.adjust, edited=message.edited)
    return [note for note in (attached, images, *making, ENDINGS[message.state], beside) if note]


def _thoughts(message: ExportedMessage) -> str:
    """The thoughts of the model; a sentence says so where only their start is stored."""
    thoughts, length = message.reasoning or "", message.reasoning_length or 0
    is_cut = thoughts and length > MAX_REASONING
    return f"{thoughts}\n\n[These are the first {MAX_REASONING:,} characters of {length:,}.]" if is_cut else thoughts


def _sources(message: ExportedMessage) -> list[str]:
    """The sources of an answer, a line each: number, name and, for a page of the web, its address."""
    return [
        " ".join([f"{each.n}.", _line(each.name), *([_line(each.url)] if each.url else [])]) for each in message.sources
    ]


FAITHFUL = (
    "*This file contains every message as it was written, including markdown and HTML: a viewer may load images or "
    "run code in it. The HTML export has the same text, but loads and runs nothing.*"
)


def _markdown_begin(head: ExportHeader) -> str:
    conversation = head.conversation
    lines = f"# {_title(head)}\n\n*{_when(conversation.created_at)}*\n\n{FAITHFUL}\n\n"
    if conversation.system_prompt:
        lines += f"## System prompt\n\n{closed(conversation.system_prompt)}\n\n"
    return lines


def _markdown_each(message: ExportedMessage) -> str:
    notes = "".join(f"\n*{note}*\n" for note in _notes(message))
    thoughts = _thoughts(message)
    folded = f"\n<details>\n<summary>{REASONING}</summary>\n\n{closed(thoughts)}\n\n</details>\n" if thoughts else ""
    # Titles come from pages: nothing in them is markup.
    sources = "".join(f"{escape(line, quote=False).replace('[', '&#91;')}\n" for line in _sources(message))
    return (
        f"## {_who(message)}\n\n*{_when(message.created_at)}*\n{notes}{folded}\n{closed(message.content)}\n"
        f"{f'\nSources:\n\n{sources}' if sources else ''}"
    )


MARKDOWN = ExportFormat("md", "text/markdown; charset=utf-8", False, _markdown_begin, _markdown_each, "\n", "")


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "section{border-top:1px solid #ccc;padding:.5rem 0}h2{font-size:1rem;margin:.5rem 0}"
    "time,small{color:#666;font-size:.8rem;font-weight:normal}"
    "div{white-space:pre-wrap;overflow-wrap:anywhere}"
    "details{margin:.5rem 0;padding:.25rem .75rem;border:1px solid #ccc;border-radius:.5rem}"
    "summary,details div{color:#666;font-size:.9rem}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing is loaded and nothing runs; the only style is allowed by its hash.
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.astimezone(UTC).isoformat()}">{_when(moment)}</time>'


def _html_begin(head: ExportHeader) -> str:
    conversation = head.conversation
    title = escape(_title(head))
    prompt = (
        f'<section><h2>System prompt</h2><div dir="auto">{escape(conversation.system_prompt or "")}</div></section>\n'
    )
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{title}</h1>\n{_time(conversation.created_at)}\n{prompt if conversation.system_prompt else ""}'
    )


def _html_each(message: ExportedMessage) -> str:
    notes = "".join(f" <small>{escape(note)}</small>" for note in _notes(message))
    folded = ""
    if thoughts := _thoughts(message):
        folded = f'<details><summary>{REASONING}</summary><div dir="auto">{escape(thoughts)}</div></details>\n'
    return (
        f"<section>\n<h2>{escape(_who(message))} {_time(message.created_at)}{notes}</h2>\n{folded}"
        f'<div dir="auto">{escape(message.content)}</div>\n{_html_sources(message)}</section>\n'
    )


def _html_sources(message: ExportedMessage) -> str:
    lines = "\n".join(escape(line) for line in _sources(message))
    return f'<h2>Sources</h2><div dir="auto">{lines}</div>\n' if lines else ""


HTML = ExportFormat("html", "text/html; charset=utf-8", False, _html_begin, _html_each, "", "</body>\n</html>\n")


# Control characters except tabs and line ends, and Unicode's two line separators.
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x2028, 0x2029], "\ufffd")


def _text(text: str) -> str:
    """Text without control characters, indented: only headings start at the margin."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).split("\n")
    return "\n".join(f"  {line}" if line else "" for line in lines)


def _text_line(text: str) -> str:
    return _line(text).translate(_CONTROLS)


def _text_begin(head: ExportHeader) -> str:
    conversation = head.conversation
    prompt = f"System prompt:\n{_text(conversation.system_prompt)}\n\n" if conversation.system_prompt else ""
    return f"{_text_line(_title(head))}\n{_when(conversation.created_at)}\n\n{prompt}"


def _text_each(message: ExportedMessage) -> str:
    notes = "".join(f" [{_text_line(note)}]" for note in _notes(message))
    thoughts, sources = _thoughts(message), _text("\n".join(_sources(message)))
    labelled = f"  [{REASONING}]\n{_text(thoughts)}\n  [Answer]\n" if thoughts else ""
    return (
        f"{_text_line(_who(message))}, {_when(message.created_at)}{notes}:\n{labelled}{_text(message.content)}\n"
        f"{f'  Sources:\n{sources}\n' if sources else ''}"
    )


TEXT = ExportFormat("txt", "text/plain; charset=utf-8", False, _text_begin, _text_each, "\n", "")
