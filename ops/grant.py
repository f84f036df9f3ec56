"""`python -m ops.grant`, which is `make grant`: plans that operators give without payment.

    make grant                                                              those in force
    make grant ARGS="add asha@example.com enterprise --until 2027-12-31 --reason 'contract 17'"
    make grant ARGS="revoke 3"

Whoever pays as well has the higher of both. Looks at DATABASE_URL, else at the stack that runs here.
"""

import argparse
import sys
from uuid import UUID

from oneai.billing import processing
from oneai.plans.catalog import PLANS
from oneai.postgres import db
from ops import command
from ops.command import Connection

TIERS = tuple(plan.tier for plan in PLANS.values() if not plan.free)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or what was wanted is impossible."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make grant", description="Plans given without payment.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="those in force")
    add = actions.add_parser("add", help="give one")
    add.add_argument("person", help="an e-mail address or an id")
    add.add_argument("tier", choices=TIERS, metavar="tier", help=", ".join(TIERS))
    add.add_argument("--until", type=command.moment, help="a day or a time, in UTC; without it until it is revoked")
    add.add_argument("--reason", required=True, help="for operators; the person does not see it")
    revoke = actions.add_parser("revoke", help="end one")
    revoke.add_argument("id", type=int)
    return parser


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.action == "add" and not _add(connection, wanted):
        return 1
    if wanted.action == "revoke" and not _revoke(connection, wanted.id):
        return 1
    _list(connection)
    return 0


def _add(connection: Connection, wanted: argparse.Namespace) -> bool:
    person = command.person(connection, wanted.person)
    if person is None:
        return False
    if not wanted.reason.strip():
        print("A reason says something.", file=sys.stderr)
        return False
    given = connection.execute(
        """
        insert into oneai.plan_grants (user_id, tier, until, reason)
        select %(person)s, %(tier)s, coalesce(%(until)s::timestamptz, 'infinity'), %(reason)s
        where coalesce(%(until)s::timestamptz > oneai.now(), true) returning id
        """,
        {"person": person, "tier": wanted.tier, "until": wanted.until, "reason": wanted.reason},
    ).fetchone()
    if given is None:
        print(f"{wanted.until} is over.", file=sys.stderr)
        return False
    command.finish(_settle(person))
    return True


def _revoke(connection: Connection, number: int) -> bool:
    revoked = connection.execute(
        """
        update oneai.plan_grants set revoked_at = oneai.now()
        where id = %s and revoked_at is null and until > oneai.now() returning user_id
        """,
        [number],
    ).fetchone()
    if revoked is None:
        print(f"Grant {number} is not in force.", file=sys.stderr)
        return False
    command.finish(_settle(revoked["user_id"]))
    return True


async def _settle(person: UUID) -> None:
    """Makes it so at once; the job would within minutes."""
    (at,) = await db.call("select oneai.now()", [])
    await processing.refresh(person, found_by="request")
    await db.call("select oneai.mark_grants_projected(%s, %s)", [person, at])


def _list(connection: Connection) -> None:
    grants = connection.execute(
        """
        select g.id, coalesce(u.email, u.id::text) as person, g.tier, u.subscription_tier as has, g.reason,
          coalesce(to_char(nullif(g.until, 'infinity') at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), 'revoked') as until
        from oneai.plan_grants as g join oneai.users as u on u.id = g.user_id
        where g.revoked_at is null and g.until > oneai.now() order by g.id
        """
    ).fetchall()
    for each in grants:
        has = "" if each["has"] == each["tier"] else f", has {each['has']}"
        print(f"{each['id']:5}  {each['person']}  {each['tier']}, until {each['until']}{has}  ({each['reason']})")
    if not grants:
        print("No plan is given without payment.")


if __name__ == "__main__":
    sys.exit(main())
