"""`python -m ops.credit_prices`, which is `make credit-prices`: what answers cost in credits.

    make credit-prices                                                     the prices, and those agreed with workspaces
    make credit-prices ARGS="'*=300' 'anthropic/*=250'"                    markups in percent of the cost
    make credit-prices ARGS="'*=200' --workspace acme --reason 'contract'" agreed with one workspace
    make credit-prices ARGS="'anthropic/*=0'"                              removes a price

A markup is 100 or more, so that no answer is sold under its cost. Without any row it is 300. An answer that is running
keeps the price of its admission. Pages show a changed price after five minutes at the latest.
"""

import argparse
import re
import sys
from uuid import UUID

from oneai.accounts import audit
from oneai.plans.price_of_use import MIN_MICRO_USD
from ops import command
from ops.command import Connection

_PATTERN = re.compile(r"[A-Za-z0-9._:/*~-]{1,200}")
_MOST_PERCENT = 10_000


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or there is no such workspace."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make credit-prices", description="What answers cost in credits.")
    parser.add_argument(
        "prices", nargs="*", type=_price, metavar="PATTERN=PERCENT", help="a markup of models, such as 'openai/*=300'"
    )
    parser.add_argument("--workspace", metavar="WHO", help="with whom it is agreed: an address, or a workspace")
    parser.add_argument(
        "--least", type=_least, default=MIN_MICRO_USD, help="the least that an answer costs, in micro-dollars"
    )
    command.add_reason(parser)
    return parser


def _price(text: str) -> tuple[str, int]:
    pattern, _, percent = text.rpartition("=")
    if not _PATTERN.fullmatch(pattern):
        raise argparse.ArgumentTypeError(f"{pattern or 'nothing'} is not a pattern of model ids")
    if not re.fullmatch("[0-9]{1,5}", percent) or not (int(percent) == 0 or 100 <= int(percent) <= _MOST_PERCENT):
        raise argparse.ArgumentTypeError(f"{percent or 'nothing'} is neither 0 nor 100 to {_MOST_PERCENT:,} percent")
    return pattern, int(percent)


def _least(text: str) -> int:
    if not re.fullmatch("[0-9]{1,8}", text) or int(text) < MIN_MICRO_USD:
        raise argparse.ArgumentTypeError(f"{text or 'nothing'} is less than {MIN_MICRO_USD} micro-dollars")
    return int(text)


def _do(connection: Connection, options: argparse.Namespace) -> int:
    workspace = None
    if options.workspace is not None:
        workspace = command.find_workspace(connection, options.workspace)
        if workspace is None:
            return 1
    with connection.transaction():
        for pattern, percent in options.prices:
            _set(connection, options, workspace, pattern, percent)
    _list(connection)
    return 0


def _set(
    connection: Connection, options: argparse.Namespace, workspace: UUID | None, pattern: str, percent: int
) -> None:
    before = connection.execute(
        "delete from oneai.credit_prices where workspace_id is not distinct from %s and pattern = %s "
        "returning markup_percent, min_micro_usd",
        [workspace, pattern],
    ).fetchone()
    if percent:
        connection.execute(
            "insert into oneai.credit_prices (workspace_id, pattern, markup_percent, min_micro_usd) "
            "values (%s, %s, %s, %s)",
            [workspace, pattern, percent, options.least],
        )
    audit.record(
        connection,
        options.operator,
        "price.create" if before is None else "price.change",
        target=("price", f"credits {pattern}"),
        reason=options.reason,
        workspace_id=None if workspace is None else str(workspace),
        markup_percent=percent,
        min_micro_usd=options.least if percent else None,
        markup_percent_before=before and before[0],
        least_micro_usd_before=before and before[1],
    )


def _list(connection: Connection) -> None:
    rows = connection.execute(
        "select p.workspace_id, w.slug, p.pattern, p.markup_percent, p.min_micro_usd from oneai.credit_prices as p "
        "left join oneai.workspaces as w on w.id = p.workspace_id order by p.workspace_id nulls first, p.pattern"
    ).fetchall()
    for workspace, slug, pattern, percent, least in rows:
        whose = "all workspaces" if workspace is None else slug or workspace
        print(f"{pattern:40} {percent:5} %  at least {least:,} micro-dollars  {whose}")
    if not rows:
        print(f"No price is set: a markup of 300 %, and at least {MIN_MICRO_USD} micro-dollars an answer.")


if __name__ == "__main__":
    sys.exit(main())
