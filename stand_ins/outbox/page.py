"""The outbox as a page: the messages in a list, as mail programs show them."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from html import escape
from typing import Any


def _when(date: str) -> str:
    """A message's date as `22 Nov 2026, 11:48 UTC`; unchanged if it is not a date."""
    try:
        return f"{parsedate_to_datetime(date).astimezone(UTC):%d %b %Y, %H:%M} UTC"
    except ValueError:
        return date


def of(messages: list[dict[str, Any]], root: str) -> str:
    """The page at `root`; a message's own HTML stands in a frame where nothing of it runs."""
    items = "".join(_item(each, root) for each in messages) or "<p>Nothing has been sent yet.</p>"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Outbox</title>
<style>
body {{ font: 15px/22px system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c2333 }}
summary {{ cursor: pointer; padding: .6rem 0; border-top: 1px solid #e4e7ec }}
summary span {{ color: #667085; float: right }} a {{ color: #1f3d8f }}
iframe {{ width: 100%; height: 34rem; border: 1px solid #e4e7ec; border-radius: 8px }}
</style></head><body>
<p><a href="/local/">The stack</a></p>
<h1>Outbox</h1>
{items}
</body></html>
"""


def _item(message: dict[str, Any], root: str) -> str:
    number = message["number"]
    return (
        f"<details><summary><b>{escape(message['subject'])}</b> "
        f"<span>{escape(message['to'])} · {escape(_when(message['date']))}</span></summary>"
        f"<p>{escape(message['from'])} · {escape(message['date'])} · "
        f'<a href="{root}/{number}.txt">text</a> · <a href="{root}/{number}.eml">source</a></p>'
        '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" loading="lazy" '
        f'src="{root}/{number}.html"></iframe></details>'
    )
