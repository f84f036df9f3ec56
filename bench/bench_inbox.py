"""Measures the inbox of a team with 900,000 of 1,000,000 visitors' conversations and 5,000,000 messages, and its plans.

Each page is one request of the package, whose counts are measured apart, and is compared with reading the shown rows by
their primary keys: of the inbox, the conversation and the visitor. Counts and tags are compared with as many rows as a
page has. No plan may read a table that grows with use from one end to the other, except figures of all time, which are
measured only.

`python -m bench.bench_inbox 0.01` uses a hundredth. `--keep` keeps the database for the next run with `--keep`.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

from bench import inbox_seed, kept, plans
from bench.bench_conversations import Reader
from bench.inbox_seed import Seeded, Size
from bench.report import median, ms, ratio, step, table
from local.migrations import BOOTSTRAP, content_hash, migration_files
from oneai.inbox import overview
from oneai.inbox.filters import InboxFilter, InboxPeriod
from oneai.postgres import db

ROUNDS = 21
LIMIT = 50
AIM = 3.0
LARGE = {"inbox_conversations", "inbox_texts", "conversations", "chat_messages", "chatbot_visitors"}
LIST: LiteralString = "select oneai.list_inbox(%s, %s, %s, %s, %s, %s)"
ROWS: LiteralString = """
    select i.*, t.title, v.name, v.email, v.external_id, v.introduced_name, v.introduced_email, v.consent
    from oneai.inbox_conversations as i join oneai.conversations as t on t.id = i.conversation_id
    join oneai.chatbot_visitors as v on v.id = i.visitor_id where i.conversation_id = any(%s)"""


@dataclass
class Case:
    """A request; `read` returns the ids of the conversations that it shows, if it is a page."""

    name: str
    read: Callable[[], Awaitable[list[str]]]
    is_proved: bool = True


async def _page(reader: Reader, asked: InboxFilter, after: list[str] | None = None) -> list[str]:
    (found,) = await db.call(
        LIST,
        [reader.user_id, json.dumps(asked.to_request()), asked.sort, after and json.dumps(after), LIMIT + 1, False],
    )
    return [each["id"] for each in found["items"]]


async def _counts(reader: Reader) -> list[str]:
    (found,) = await db.call(LIST, [reader.user_id, "{}", "newest", None, 0, True])
    assert found["counts"]["resolved"] > 0, found
    return []


async def _stats(reader: Reader, period: dict[str, Any]) -> list[str]:
    assert (await overview.stats(reader, InboxPeriod.model_validate(period))).total > 0
    return []


async def _tags(reader: Reader) -> list[str]:
    assert len((await overview.tags(reader)).items) == 2
    return []


def cases(seeded: Seeded) -> list[Case]:
    """The measured requests."""
    owner = Reader(seeded.owner)
    week: dict[str, Any] = {"from": (seeded.now - timedelta(days=7)).isoformat(), "to": seeded.now.isoformat()}
    old: dict[str, Any] = {"to": (seeded.now - timedelta(days=300)).isoformat()}

    def page(name: str, after: list[str] | None = None, **params: Any) -> Case:
        return Case(name, partial(_page, owner, InboxFilter.model_validate(params), after))

    deep = [(seeded.now - timedelta(days=200)).isoformat(), str(UUID(int=0))]
    site = "https://tea.example.com/"
    return [
        page("newest"),
        page("newest, deep", deep),
        page("oldest", sort="oldest"),
        page("charged most", sort="charged"),
        *(page(f"status {status}", status=status) for status in ("bot", "open", "snoozed", "resolved")),
        page("spam", spam=True),
        page("mine", assignee="me"),
        page("no one's", assignee="none"),
        page("mine and open", assignee="me", status="open"),
        page("a member's and resolved", assignee=str(seeded.member), status="resolved"),
        page("a tag of a tenth", tag=["order"]),
        page("a tag of one in 10,000", tag=["rare"]),
        page("two tags that none has", tag=["order", "rare"]),
        page("a tag and open", tag=["order"], status="open"),
        page("score 1", rating=1),
        page("language pt", language="pt"),
        page("language en", language="en"),
        page("a page of few", page=f"{site}499"),
        page("a page of many", page=f"{site}0"),
        page("handed off by the answer", outcome="handoff"),
        page("charged above all", charged_above=10_000_000),
        page("charged above most", charged_above=990_000),
        page("of a week", **week),
        page("before a day", **old),
        page("of a week, a tag, by charge", sort="charged", tag=["order"], **week),
        page("of a chatbot", chatbot_id=seeded.chatbot),
        page("of a chatbot, open", chatbot_id=seeded.chatbot, status="open"),
        page("of a chatbot, by charge", chatbot_id=seeded.chatbot, sort="charged"),
        page("search: a word said once", q=inbox_seed.RARE),
        page("search: the, the most common word", q="the"),
        page('search: "in the", a phrase', q='"in the"'),
        page("search: order 4712", q="order 4712"),
        page("search: lang, a beginning", q="lang"),
        page("search: language, open", q="language", status="open"),
        page("search: language, of a week", q="language", **week),
        Case("counts of the views", partial(_counts, owner)),
        Case("tags in use", partial(_tags, owner)),
        Case("figures of a week", partial(_stats, owner, week)),
        Case("figures of all time", partial(_stats, owner, {}), is_proved=False),
    ]


async def timed(case: Case, usual: list[str]) -> tuple[float, float, int]:
    """Seconds of the request and of reading its rows by their keys, in turns, and the number of rows. `usual` are read
    where it shows none."""
    shown = await case.read()
    ids = shown or usual
    ours, plain = [], []
    rounds = ROUNDS if case.is_proved else 5
    for _ in range(rounds):
        started = time.perf_counter()
        await case.read()
        between = time.perf_counter()
        found = await db.as_service(ROWS, [ids], dict)
        plain.append(time.perf_counter() - between)
        ours.append(between - started)
        assert len(found) == len(ids), (case.name, len(found))
    return median(ours), median(plain), len(shown)


async def prove(address: str, seeded: Seeded) -> None:
    """Asserts that no case scans a whole table that grows with use; `address` is a superuser's."""
    large = plans.larger_tables(address, LARGE)
    await plans.report_plans(address)
    for case in cases(seeded):
        if case.is_proved:
            found = await plans.plans_of(case.read())
            assert found, case.name
            plans.refuse(case.name, found, plans.read_through(found, large))
    await db.close()


async def both(address: str, seeded: Seeded) -> dict[str, tuple[float, float, int]]:
    """Measures, and reads the plans afterwards, which takes time."""
    measured = {}
    usual = await cases(seeded)[0].read()
    for case in cases(seeded):
        step(case.name)
        measured[case.name] = await timed(case, usual)
    await prove(address, seeded)
    return measured


@contextmanager
def database(size: Size, *, keep: bool) -> Iterator[tuple[str, Seeded]]:
    """Connects the package to a filled database. Yields a superuser's address and what is in it."""
    name = f"inbox_{size.conversations}"
    with kept.database("inbox", name, _content(), lambda url: inbox_seed.fill(url, size).to_text(), keep=keep) as (
        address,
        seeded,
    ):
        yield address, Seeded.from_text(seeded)


def _content() -> str:
    return content_hash([*BOOTSTRAP, *migration_files(), Path(inbox_seed.__file__)])


def main() -> None:
    """Fills a database, measures, asserts the plans, and prints."""
    parser = argparse.ArgumentParser(prog="python -m bench.bench_inbox")
    parser.add_argument("part", nargs="?", type=float, default=1.0, help="how much of it; 0.01 is a hundredth")
    parser.add_argument("--keep", action="store_true", help="keep the database, and use a kept one of this size again")
    options = parser.parse_args()
    size = Size(round(Size().conversations * options.part))
    with database(size, keep=options.keep) as (address, seeded):
        measured = asyncio.run(both(address, seeded))
    table(
        [
            f"{size.conversations:,} conversations, {size.messages:,} messages",
            "rows",
            "ms",
            "by their keys, ms",
            "ratio",
        ],
        [[name, rows, ms(ours), ms(plain), f"{ours / plain:.1f}"] for name, (ours, plain, rows) in measured.items()],
    )
    print("No plan reads a table that grows with use from one end to the other.")
    pages = {name: ours / plain for name, (ours, plain, _) in measured.items() if name != "figures of all time"}
    slowest = max(pages, key=lambda name: pages[name])
    ratio(f"the slowest to reading rows by their keys ({slowest})", pages[slowest], AIM)


if __name__ == "__main__":
    main()
