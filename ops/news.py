"""`python -m ops.news`, which is `make news`: mails product news to the users who subscribed to it.

    make news ARGS="FILE --campaign 2026-11-documents"                              counts the recipients
    make news ARGS="FILE --campaign 2026-11-documents --send --reason 'release'"    enqueues the mails

FILE is TOML with a table for each language: `[en]` with `subject` and `text`, whose paragraphs have a blank line
between them, and `[hi]` for those who use Hindi; English is for everyone else. A campaign reaches each user once,
even if it is sent again. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

from pydantic import ValidationError

from oneai.admin import news
from oneai.admin.act import ActReason
from oneai.admin.news import News
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the file cannot be used."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(
        prog="make news", description="Mails news to users who chose it; without --send it only counts them."
    )
    parser.add_argument("file", type=Path, help="TOML with [en] and optionally [hi], each with a subject and a text")
    parser.add_argument("--campaign", required=True, help="a name of a-z, 0-9 and -; a user gets each campaign once")
    parser.add_argument("--send", action="store_true", help="add the mails to the outbox")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    try:
        written = read(options.file, options.campaign)
        if options.send:
            reason = ActReason(reason=options.reason or "").reason
            sent = command.finish(news.send(options.actor, written, reason))
            print(f"{sent} mails are in the outbox.")
            return 0
    except ValidationError as error:
        print(command.sentence(error), file=sys.stderr)
        return 1
    except (OSError, tomllib.TOMLDecodeError) as error:
        print(f"{options.file} cannot be read: {error}", file=sys.stderr)
        return 1
    counts = command.finish(news.count_recipients(options.actor, written))
    total = sum(counts.values())
    print(f"{total} people would get it{''.join(f', {count} in {name}' for name, count in sorted(counts.items()))}.")
    return 0


def read(file: Path, campaign: str) -> News:
    """The news of a file. Raises OSError, TOMLDecodeError, and ValidationError, which names the field."""
    texts = tomllib.loads(file.read_text(encoding="utf-8"))
    return News.model_validate({"campaign": campaign, **{name: _text(each) for name, each in texts.items()}})


def _text(table: object) -> object:
    """The table with its text as paragraphs. Other values are unchanged, for the model to refuse."""
    if not isinstance(table, dict) or not isinstance(table.get("text"), str):
        return table
    rest = {name: value for name, value in table.items() if name != "text"}
    return {**rest, "paragraphs": re.split(r"\n\s*\n", table["text"].strip())}


if __name__ == "__main__":
    sys.exit(main())
