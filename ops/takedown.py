"""`python -m ops.takedown`, which is `make takedown`: what readers reported of shared conversations.

`--token=…` (the link will do) or `--id=…` takes one of them down. Looks at DATABASE_URL, else at the stack that runs
here.
"""

import argparse
import hashlib
import sys
from uuid import UUID

from ops import command
from ops.command import Connection, counted

_REASONS_SHOWN = 5


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, or there is no such share."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make takedown",
        usage="make takedown [TOKEN=LINK | ID=SHARE]",
        description="Shared conversations that were reported; TOKEN or ID takes one down.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--token", help="the link, or the token it ends with")
    which.add_argument("--id", type=UUID, help="the share's id, as it is listed")
    return parser


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.token or wanted.id:
        return _take_down(connection, wanted.token, wanted.id)
    return _list(connection)


def _take_down(connection: Connection, token: str | None, share_id: UUID | None) -> int:
    """Closes the share for the next request, and puts its alert aside."""
    opens = hashlib.sha256(token.rstrip("/").rpartition("/")[2].encode()).digest() if token else None
    found = connection.execute(
        """
        with found as (
          select id, taken_down_at from oneai.shares where token_hash = %s or id = %s
        ), closed as (
          update oneai.shares as s set taken_down_at = oneai.now() from found as f
          where s.id = f.id and f.taken_down_at is null
        ), put_aside as (
          update oneai.operator_alerts as a set acknowledged_at = oneai.now() from found as f
          where a.kind = 'share_reported' and a.subject = f.id::text and a.acknowledged_at is null
        )
        select id, taken_down_at from found
        """,
        [opens, share_id],
    ).fetchone()
    if found is None:
        print("There is no such share.", file=sys.stderr)
        return 1
    if found["taken_down_at"] is None:
        print(f"Share {found['id']} is taken down. Its links find nothing from now on.")
    else:
        print(f"Share {found['id']} had been taken down on {found['taken_down_at']:%Y-%m-%d %H:%M}.")
    return 0


def _list(connection: Connection) -> int:
    """What was reported and is still open, the last reported last. `repr`, for readers wrote these words."""
    shares = connection.execute(
        """
        select s.id, s.kind, s.conversation_id, s.user_id, s.report_count, s.last_reported_at,
          coalesce(s.title, c.title) as title, (
            select array_agg(r.reason order by r.number desc) from (
              select reason, number from oneai.share_reports where share_id = s.id order by number desc limit %s
            ) as r) as reasons
        from oneai.shares as s join oneai.conversations as c on c.id = s.conversation_id
        where s.report_count > 0 and s.taken_down_at is null and s.revoked_at is null order by s.last_reported_at
        """,
        [_REASONS_SHOWN],
    ).fetchall()
    for share in shares:
        print(
            f"{share['id']}  {share['kind']}  {counted(share['report_count'], 'time')}, "
            f"last {share['last_reported_at']:%Y-%m-%d %H:%M}  {share['title']!r}  "
            f"conversation {share['conversation_id']} of {share['user_id']}"
        )
        for reason in share["reasons"] or []:
            print(f"    {reason!r}")
    if not shares:
        print("Nothing that is open was reported.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
