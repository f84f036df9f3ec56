"""The page of a report: its head, tiles, sections and tables. Every text is escaped; charts come as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Literal

from local.data_folder import data_folder

STYLE = Path(__file__).with_name("style.css")

type Tone = Literal["good", "bad", "plain"]


@dataclass(frozen=True)
class Tile:
    """One figure at the top of a report, with its target."""

    label: str
    value: str
    note: str = ""
    tone: Tone = "plain"


def page(title: str, verdict: str, about: str, *, holds: bool, tiles: Sequence[Tile], sections: Sequence[str]) -> str:
    """The whole file: the command, whether all holds, and `sections` as HTML."""
    tone = "good" if holds else "bad"
    shown = "".join(
        f'<div class="tile {each.tone}"><span>{escape(each.label)}</span><b>{escape(each.value)}</b>'
        f"<small>{escape(each.note)}</small></div>"
        for each in tiles
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text()}</style>"
        f'<main><header><h1>{escape(title)}</h1><p class="verdict {tone}">{escape(verdict)}</p><p>{escape(about)}</p>'
        f'</header><div class="tiles">{shown}</div>{"".join(sections)}</main></html>\n'
    )


def section(title: str, about: str, *content: str) -> str:
    """A heading, a sentence on how to read the content, and the content as HTML."""
    return f"<section><h2>{escape(title)}</h2><p>{escape(about)}</p>{''.join(content)}</section>"


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], missed: Sequence[tuple[int, int]] = ()) -> str:
    """A table with the first column left-aligned and the others right-aligned; cells in `missed` (row, column) are
    marked."""
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class="bad"' if (y, x) in missed else ''}>{escape(str(cell))}</td>" for x, cell in enumerate(row)
        )
        + "</tr>"
        for y, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def checks(lines: Sequence[tuple[str, bool, Sequence[str]]]) -> str:
    """Invariants that hold or not, with their contradictions."""
    items = "".join(
        f'<li class="{"good" if holds else "bad"}">{escape(sentence)}'
        + (f"<pre>{escape(chr(10).join(details))}</pre>" if details else "")
        + "</li>"
        for sentence, holds, details in lines
    )
    return f'<ul class="checks">{items}</ul>'


def write(name: str, html: str) -> Path:
    """Writes a report below the data folder, named for the current time. Returns its path."""
    folder = data_folder() / "reports"
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.html"
    file.write_text(html)
    return file
