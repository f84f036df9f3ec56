"""The visible branch for people to read: markdown, HTML and plain text. Whatever was said in it stays text.

A message may hold a script, a picture that tells somebody it was opened, or signs that a terminal obeys: none of it
does anything in what is written here.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from oneai.conversations.archive.document import Head, Said


class Format(NamedTuple):
    """How a conversation is written: `begin`, each message with `between` in between, `end`."""

    extension: str
    media_type: str
    whole_tree: bool
    begin: Callable[[Head], str]
    each: Callable[[Said], str]
    between: str
    end: str


UNTITLED = "Untitled conversation"
ENDINGS = {
    "streaming": "still being written",
    "stopped": "stopped",
    "truncated": "broken off",
    "failed": "failed",
    "complete": None,
}


def _who(said: Said) -> str:
    return "You" if said.role == "user" else said.model_served or said.model or "Assistant"


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _notes(said: Said) -> list[str]:
    """What is to be known of a message beside its text."""
    names = ", ".join(each.name or each.url or each.type or "file" for each in said.attachments)
    pictures = f"{said.images} picture{'s' if said.images > 1 else ''}" if said.images else None
    return [note for note in (f"Attached: {names}" if names else None, pictures, ENDINGS[said.state]) if note]


FENCE = re.compile(r"(`{3,}|~{3,})([^`\n]*)$")
ANY_FENCE = re.compile(r"`{3}|~{3}")
# Schemes that run something, where a link's address begins.
RUNS = re.compile(r"(\]\(\s*|\]:\s*)(javascript|vbscript|data)(\\?:)", re.IGNORECASE)
PICTURE = re.compile(r"!(?=\[)")
SPECIAL = re.compile(r"([\\`*_\[\]#|~!])")


def _markdown(text: str) -> str:
    """Markdown without HTML and without pictures from elsewhere; blocks of code are left as they are.

    Only a fence at the very beginning of a line counts as one: what stands in a list or a quotation may be code for
    one reader and text for another. After a fence in such a place nothing counts as code any more.
    """
    lines, fence, sure = [], "", True
    for line in re.split(r"\r\n|\r|\n", text):
        if fence:
            lines.append(line)
            stripped = line.strip(" ")
            indent = len(line) - len(line.lstrip(" "))
            if indent < 4 and set(stripped) == {fence[0]} and len(stripped) >= len(fence):
                fence = ""
            continue
        opens = FENCE.match(line)
        if sure and opens and not (opens[1][0] == "~" and "`" in line):
            fence = opens[1]
            lines.append(opens[1] + _inert(opens[2]))
            continue
        sure = sure and not ANY_FENCE.search(line)
        lines.append(_inert(line))
    return "\n".join([*lines, fence] if fence else lines)


def _inert(line: str) -> str:
    line = RUNS.sub(r"\1\2 \3", line.replace("&", "&amp;").replace("<", "&lt;"))
    return PICTURE.sub(r"\\!", line)


def _plain(text: str) -> str:
    """Text in a line of markdown that means nothing but itself."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("&", "&amp;").replace("<", "&lt;")


def _markdown_begin(head: Head) -> str:
    talk = head.conversation
    about = f"# {_plain(talk.title or UNTITLED)}\n\n*{_when(talk.created_at)}*\n\n"
    if talk.system_prompt:
        about += "## System prompt\n\n" + _markdown(talk.system_prompt) + "\n\n"
    return about


def _markdown_each(said: Said) -> str:
    notes = "".join(f"\n*{_plain(note)}*\n" for note in _notes(said))
    return f"## {_plain(_who(said))}\n\n*{_when(said.created_at)}*\n{notes}\n{_markdown(said.content)}\n"


MARKDOWN = Format("md", "text/markdown; charset=utf-8", False, _markdown_begin, _markdown_each, "\n", "")


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "section{border-top:1px solid #ccc;padding:.5rem 0}h2{font-size:1rem;margin:.5rem 0}"
    "time,small{color:#666;font-size:.8rem;font-weight:normal}"
    "div{white-space:pre-wrap;overflow-wrap:anywhere}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# Nothing is loaded and nothing runs; the one style is known by its hash.
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"


def _time(moment: datetime) -> str:
    return f'<time datetime="{moment.astimezone(UTC).isoformat()}">{_when(moment)}</time>'


def _html_begin(head: Head) -> str:
    talk = head.conversation
    title = escape(talk.title or UNTITLED)
    prompt = f'<section><h2>System prompt</h2><div dir="auto">{escape(talk.system_prompt or "")}</div></section>\n'
    return (
        '<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{title}</h1>\n{_time(talk.created_at)}\n{prompt if talk.system_prompt else ""}'
    )


def _html_each(said: Said) -> str:
    notes = "".join(f" <small>{escape(note)}</small>" for note in _notes(said))
    return (
        f"<section>\n<h2>{escape(_who(said))} {_time(said.created_at)}{notes}</h2>\n"
        f'<div dir="auto">{escape(said.content)}</div>\n</section>\n'
    )


HTML = Format("html", "text/html; charset=utf-8", False, _html_begin, _html_each, "", "</body>\n</html>\n")


# Control characters, but tabs and ends of lines.
_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)], "\ufffd")


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def _text_begin(head: Head) -> str:
    talk = head.conversation
    prompt = f"System prompt:\n{_text(talk.system_prompt)}\n\n" if talk.system_prompt else ""
    return f"{_text(talk.title or UNTITLED)}\n{_when(talk.created_at)}\n\n{prompt}"


def _text_each(said: Said) -> str:
    notes = "".join(f" [{_text(note)}]" for note in _notes(said))
    return f"{_text(_who(said))}, {_when(said.created_at)}{notes}:\n{_text(said.content)}\n"


TEXT = Format("txt", "text/plain; charset=utf-8", False, _text_begin, _text_each, "\n", "")
