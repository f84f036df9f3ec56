"""Postgres's plans of the package's statements, including those in SQL functions."""

import json
import re
from collections.abc import Awaitable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import psycopg
from psycopg import sql

from oneai.postgres import db, pool

# The tables that must not be scanned.
LARGE = {"conversations", "chat_messages", "search_entries", "search_words"}
# Four megabytes, which a scan reads as fast as an index.
FEW_PAGES = 500


async def report_plans(address: str) -> None:
    """Makes Postgres report the plan of each later statement of the package; `address` is a superuser's."""
    with psycopg.connect(address, autocommit=True) as connection:
        name = connection.info.dbname
        for setting, value in {
            "session_preload_libraries": "auto_explain",
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_format": "json",
            "auto_explain.log_level": "notice",
        }.items():
            change = sql.SQL("alter database {} set {} = {}")
            names = sql.SQL(".").join(map(sql.Identifier, setting.split(".")))
            connection.execute(change.format(sql.Identifier(name), names, sql.Literal(value)))
    await db.close()


async def plans_of(work: Awaitable[Any]) -> list[dict[str, Any]]:
    """The plans of all statements of `work`, over the package's single connection."""
    reported: list[dict[str, Any]] = []

    def listen(notice: psycopg.errors.Diagnostic) -> None:
        if (plan := re.search(r"plan:\s*(\{.*)", notice.message_primary or "", re.DOTALL)) is not None:
            reported.append(json.loads(plan[1])["Plan"])

    async with pool.borrow() as connection:
        connection.add_notice_handler(listen)
    try:
        await work
    finally:
        async with pool.borrow() as connection:
            connection.remove_notice_handler(listen)
    return reported


def larger_tables(address: str, tables: AbstractSet[str]) -> set[str]:
    """The tables among these with more than a few pages; `address` is a superuser's."""
    with psycopg.connect(address) as connection:
        names = connection.execute(
            "select relname from pg_class where relnamespace = 'oneai'::regnamespace and relname = any(%s) "
            "and relpages > %s",
            [list(tables), FEW_PAGES],
        )
        return {name for (name,) in names}


def read_through(plans: list[dict[str, Any]], large: AbstractSet[str] = LARGE) -> set[str]:
    """The large tables that these plans scan."""
    scans = (part for part in _parts(plans) if part["Node Type"] == "Seq Scan")
    return {scan["Relation Name"] for scan in scans} & large


def relations(plans: list[dict[str, Any]]) -> set[str]:
    """The tables that they read, by index or by scan."""
    return {part["Relation Name"] for part in _parts(plans) if "Relation Name" in part}


def indexes(plans: list[dict[str, Any]]) -> set[str]:
    """The indexes that they use."""
    return {part["Index Name"] for part in _parts(plans) if "Index Name" in part}


def refuse(name: str, plans: list[dict[str, Any]], tables: AbstractSet[str]) -> None:
    """Raises AssertionError with the plans that read these tables, if there are any."""
    if tables:
        bad = [json.dumps(plan, indent=1) for plan in plans if relations([plan]) & tables]
        raise AssertionError("\n".join([f"{name} reads {', '.join(sorted(tables))}:", *bad]))


def _parts(plans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for plan in plans:
        yield plan
        yield from _parts(plan.get("Plans", []))
