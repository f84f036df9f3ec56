"""A visitor's conversation as a PDF, on the paper of invoices.

Imported only to print one, because fpdf2 and its dependencies take longer than the rest of a cold start.
"""

import re
import unicodedata
from datetime import datetime
from typing import NamedTuple

from oneai.billing.invoices.pdf_layout import PALE, WIDTH, Paper
from oneai.billing.invoices.printable import printable

# What is laid out within a few seconds, about sixty pages. A letter of an Indian script takes as long as ten others,
# because letters are put together.
MAX_CHARACTERS = 200_000
INDIAN_CHARACTERS = 10
MISSING_LETTERS = (
    "Some characters of this conversation are in no font of this file. A question mark stands for each of them. "
    "Export the conversation as HTML to read them."
)
TOO_LONG = "The conversation goes on. Export it as HTML to read all of it."

_INDIAN = re.compile("[\u0900-\u0d7f]")


class PrintedMessage(NamedTuple):
    """A message as it is printed."""

    who: str
    when: str
    text: str


def render(title: str, moment: datetime, when: str, messages: list[PrintedMessage]) -> str:
    """The PDF, in ASCII. `moment` is when the conversation began, and `when` says it."""
    left = MAX_CHARACTERS
    printed: list[PrintedMessage] = []
    for message in messages:
        text = _prepared(message.text)
        weight = INDIAN_CHARACTERS if _INDIAN.search(text) else 1
        printed.append(message._replace(text=text[: left // weight]))
        left -= len(text) * weight
        if left <= 0:
            break
    texts = "\n".join([title, *(f"{each.who}\n{each.text}" for each in printed)])
    paper = Paper(texts, moment)
    paper.set_title(title)
    paper.write_block(title, WIDTH, size=13, bold=True)
    paper.write_block(when, WIDTH, faint=True)
    if not all(printable(line) for line in texts.split("\n")):
        paper.write_block(MISSING_LETTERS, WIDTH, faint=True)
    for message in printed:
        paper.ln(3)
        paper.rule(PALE, 0.2)
        paper.ln(2)
        paper.write_block(message.who, WIDTH, bold=True)
        paper.write_block(message.when, WIDTH, faint=True)
        # Only Indian scripts need it.
        paper.set_text_shaping(bool(_INDIAN.search(message.text)))
        paper.write_block(message.text, WIDTH)
        paper.set_text_shaping(True)
    if left <= 0:
        paper.ln(3)
        paper.write_block(TOO_LONG, WIDTH, faint=True)
    return paper.finished().decode("ascii")


def _prepared(text: str) -> str:
    """The text in the letters and line ends that fonts know."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return unicodedata.normalize("NFC", lines)
