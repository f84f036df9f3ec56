"""`python -m ops.override`, which is `make override`: exceptions from the quotas of plans.

    make override                                                          those in force
    make override ARGS="add asha@example.com small_messages --extra 50 --until 2026-12-31 --reason 'a friend'"
    make override ARGS="add asha@example.com cost --limit 2000000 --reason 'spent too much'"
    make override ARGS="revoke 7"

Units are messages, under `tokens` tokens, under `cost` micro-dollars. Looks at DATABASE_URL, else at the stack that
runs here.
"""

import argparse
import sys
from typing import get_args

from oneai.plans.catalog import BudgetKey, QuotaKey
from ops import command
from ops.command import Connection

KEYS: tuple[str, ...] = (*get_args(QuotaKey.__value__), *get_args(BudgetKey.__value__))
# As oneai.quota_overrides has it.
MOST = 10**15


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or what was wanted is impossible."""
    return command.run(_arguments(), _do, arguments)


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.action == "add":
        return _add(connection, wanted)
    if wanted.action == "revoke":
        return _revoke(connection, wanted.id)
    _list(connection)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make override", description="Exceptions from the quotas of plans.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="those in force")
    add = actions.add_parser("add", help="make one, in place of the person's last one for this key")
    add.add_argument("person", help="an e-mail address or an id")
    add.add_argument("key", choices=KEYS, metavar="key", help=", ".join(KEYS))
    add.add_argument("--limit", type=_units, help="in place of the plan's limit")
    add.add_argument("--extra", type=_units, default=0, help="on top of the limit, in every window")
    add.add_argument("--until", type=command.moment, help="a day or a time, in UTC; without it until it is revoked")
    add.add_argument("--reason", required=True, help="for operators; the person does not see it")
    revoke = actions.add_parser("revoke", help="end one")
    revoke.add_argument("id", type=int)
    return parser


def _units(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= MOST):
        raise argparse.ArgumentTypeError(f"{text} is no number of units")
    return int(text)


def _add(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.limit is None and not wanted.extra:
        print("An exception has a --limit of its own, or --extra units.", file=sys.stderr)
        return 1
    person = command.person(connection, wanted.person)
    if person is None:
        return 1
    ahead = connection.execute("select coalesce(%s > oneai.now(), true) as ahead", [wanted.until]).fetchone()
    if not (ahead and ahead["ahead"]):
        print(f"{wanted.until} is over.", file=sys.stderr)
        return 1
    connection.execute(
        "select oneai.override_quota(%s, %s, %s, %s, %s, %s)",
        [person, wanted.key, wanted.limit, wanted.extra, wanted.until, wanted.reason],
    )
    _list(connection)
    return 0


def _revoke(connection: Connection, number: int) -> int:
    row = connection.execute("select oneai.revoke_override(%s) as revoked", [number]).fetchone()
    if not (row and row["revoked"]):
        print(f"Exception {number} is not in force.", file=sys.stderr)
        return 1
    _list(connection)
    return 0


def _list(connection: Connection) -> None:
    overrides = connection.execute(
        """
        select o.id, coalesce(u.email, u.id::text) as person, o.quota_key, o.own_limit, o.extra_units,
          coalesce(to_char(nullif(o.until, 'infinity') at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), 'revoked') as until,
          o.reason
        from oneai.quota_overrides as o join oneai.users as u on u.id = o.user_id
        where o.revoked_at is null and o.until > oneai.now() order by o.id
        """
    ).fetchall()
    for each in overrides:
        limit = "the plan's" if each["own_limit"] is None else each["own_limit"]
        print(
            f"{each['id']:5}  {each['person']}  {each['quota_key']}: {limit} + {each['extra_units']}, "
            f"until {each['until']}  ({each['reason']})"
        )
    if not overrides:
        print("No exception is in force.")


if __name__ == "__main__":
    sys.exit(main())
