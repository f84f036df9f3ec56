"""`python -m ops.credits`, which is `make credits`: what operators give, take and allow of prepaid credits.

    make credits                                                              blocks, limits and the levels of trust
    make credits ARGS="grant asha@example.com 20 --days 90 --reason 'outage of 3 November'"
    make credits ARGS="revoke GRANT --reason 'given twice'"          ends a grant and its bonus; its use stays
    make credits ARGS="release nilgiri-tea --reason 'paid by bank'"  ends the blocks after lost disputes
    make credits ARGS="limit nilgiri-tea 1000 --reason 'contract 17'"   what may be bought in thirty days, or `none`
    make credits ARGS="level 7 200"                                  for all, days after the first purchase

Amounts are dollars. A workspace is named by its id or slug, a personal one by its user's address. Money goes back with
`POST /api/admin/payments/{id}/refund`, and a full refund ends the credits. Uses the database at DATABASE_URL, else that
of the local stack.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from oneai.accounts import audit
from oneai.accounts.audit import AuditAction
from ops import command
from ops.command import Connection
from ops.credit_packages import MICRO, dollars

MAX_DAYS = 3650


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make credits", description="Prepaid credits that operators give, take and allow.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="blocks, limits and levels")
    grant = actions.add_parser("grant", help="give promotional credits")
    grant.add_argument("workspace")
    grant.add_argument("dollars", type=dollars)
    grant.add_argument("--days", type=int, default=365, choices=range(1, MAX_DAYS + 1), metavar="DAYS")
    revoke = actions.add_parser("revoke", help="end a grant and its bonus")
    revoke.add_argument("grant", type=UUID)
    release = actions.add_parser("release", help="end a workspace's blocks after lost disputes")
    release.add_argument("workspace")
    limit = actions.add_parser("limit", help="set what a workspace may buy in thirty days")
    limit.add_argument("workspace")
    limit.add_argument("dollars", type=lambda text: None if text == "none" else dollars(text))
    for each in (grant, revoke, release, limit):
        command.add_reason(each, required=True)
    level = actions.add_parser("level", help="set what everyone may buy in thirty days")
    level.add_argument("days", type=int, choices=range(MAX_DAYS), metavar="DAYS")
    level.add_argument("dollars", type=dollars)
    command.add_reason(level)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    if options.action in (None, "list"):
        return _list(connection)
    workspace = None
    if hasattr(options, "workspace"):
        workspace = command.find_workspace(connection, options.workspace)
        if workspace is None:
            return 1
    with connection.transaction():
        act, _ = _ACTIONS[options.action]
        done = act(connection, options, workspace)
        if done is not None:
            _record(connection, options, workspace, done)
    if done is None:
        print("There is nothing to do.", file=sys.stderr)
    return 1 if done is None else 0


def _grant(connection: Connection, options: argparse.Namespace, workspace: UUID | None) -> dict[str, Any] | None:
    row = connection.execute(
        "select g.id, oneai.grant_credits(%s, g.id, 'promotional', %s, oneai.now() + make_interval(days => %s)) "
        "from (select gen_random_uuid() as id) as g",
        [workspace, options.dollars, options.days],
    ).fetchone()
    assert row is not None  # noqa: S101  a row for each id
    print(f"Granted {row[0]}.")
    return {"grant": str(row[0]), "micro_usd": options.dollars, "days": options.days}


def _revoke(connection: Connection, options: argparse.Namespace, _: UUID | None) -> dict[str, Any] | None:
    row = connection.execute(
        "select oneai.void_credit_grant(g.id) from oneai.credit_grants as g where g.id = %s", [options.grant]
    ).fetchone()
    return {"grant": str(options.grant)} if row is not None and row[0] else None


def _release(connection: Connection, _: argparse.Namespace, workspace: UUID | None) -> dict[str, Any] | None:
    released = connection.execute(
        "update oneai.credit_blocks set released_at = oneai.now() where workspace_id = %s and released_at is null",
        [workspace],
    ).rowcount
    return {"blocks": released} if released else None


def _limit(connection: Connection, options: argparse.Namespace, workspace: UUID | None) -> dict[str, Any] | None:
    connection.execute("delete from oneai.credit_buying_limits where workspace_id = %s", [workspace])
    if options.dollars is not None:
        connection.execute(
            "insert into oneai.credit_buying_limits (workspace_id, max_micro_usd) values (%s, %s)",
            [workspace, options.dollars],
        )
    return {"micro_usd": options.dollars}


def _level(connection: Connection, options: argparse.Namespace, _: UUID | None) -> dict[str, Any] | None:
    if options.dollars == 0:
        return None
    connection.execute(
        "insert into oneai.credit_trust_levels values (%s, %s) on conflict (after_days) do update "
        "set max_micro_usd = excluded.max_micro_usd",
        [options.days, options.dollars],
    )
    return {"days": options.days, "micro_usd": options.dollars}


type _Action = Callable[[Connection, argparse.Namespace, UUID | None], dict[str, Any] | None]
_ACTIONS: dict[str, tuple[_Action, AuditAction]] = {
    "grant": (_grant, "credits.grant"),
    "revoke": (_revoke, "credits.revoke"),
    "release": (_release, "credits.release"),
    "limit": (_limit, "credits.limit"),
    "level": (_level, "credits.level"),
}


def _record(connection: Connection, options: argparse.Namespace, workspace: UUID | None, done: dict[str, Any]) -> None:
    audit.record(
        connection,
        options.operator,
        _ACTIONS[options.action][1],
        target=("workspace", str(workspace)) if workspace is not None else ("credits", str(done.get("grant", "level"))),
        reason=options.reason,
        **done,
    )


def _list(connection: Connection) -> int:
    for days, most in connection.execute(
        "select after_days, max_micro_usd from oneai.credit_trust_levels order by after_days"
    ):
        print(f"after {days:3} days  ${most / MICRO:,.2f} in thirty days")
    for workspace, most in connection.execute("select workspace_id, max_micro_usd from oneai.credit_buying_limits"):
        print(f"{workspace}  ${most / MICRO:,.2f} in thirty days")
    for workspace, payment, at in connection.execute(
        "select workspace_id, payment_id, blocked_at from oneai.credit_blocks "
        "where released_at is null order by blocked_at"
    ):
        print(f"{workspace}  blocked since {at:%Y-%m-%d}, payment {payment}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
