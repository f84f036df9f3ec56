"""`python -m ops.provider_events`, which is `make provider-events`: what the payment provider told, as it was stored.

    make provider-events                                     the newest fifty that are not applied
    make provider-events ARGS="list --all --most 200"
    make provider-events ARGS="show evt_3nDpF7…"
    make provider-events ARGS="replay evt_3nDpF7…"           applies it (once more)
    make provider-events ARGS="replay --pending"             applies all that could not be applied

Nothing is granted or refunded twice by that. Looks at DATABASE_URL, else at the stack that runs here.
"""

import argparse
import json
import sys

from oneai.billing import processing
from oneai.billing.provider import PROVIDER
from ops import command
from ops.command import Connection, counted

MOST = 50
NOT_KEPT = "Its body is no longer kept: retention removed it, or the erasure of the payer's account."


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database could not be asked, there is no such event, or it cannot be applied."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make provider-events", description="What the payment provider told.")
    actions = parser.add_subparsers(dest="action")
    listing = actions.add_parser("list", help="those that are not applied")
    listing.add_argument("--all", action="store_true", help="applied ones, too")
    listing.add_argument("--most", type=int, default=MOST, help="the newest so many")
    show = actions.add_parser("show", help="all of one")
    show.add_argument("event")
    again = actions.add_parser("replay", help="apply one, or all that are not applied")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("event", nargs="?")
    which.add_argument("--pending", action="store_true")
    return parser


def _do(connection: Connection, wanted: argparse.Namespace) -> int:
    if wanted.action == "show":
        return _show(connection, wanted.event)
    if wanted.action == "replay":
        return _replay(connection, None if wanted.pending else wanted.event)
    _list(connection, everything=getattr(wanted, "all", False), most=getattr(wanted, "most", MOST))
    return 0


def _list(connection: Connection, *, everything: bool, most: int) -> None:
    events = connection.execute(
        """
        select * from (
          select event_id, kind, received_at, state, attempts, problem, subscription_ref, payment_ref
          from oneai.provider_events where payment_provider = %s and (%s or state <> 'processed')
          order by received_at desc, event_id limit %s) as newest
        order by received_at, event_id
        """,
        [PROVIDER, everything, most],
    ).fetchall()
    for each in events:
        about = " ".join(ref for ref in (each["subscription_ref"], each["payment_ref"]) if ref)
        problem = f"  {counted(each['attempts'], 'time')}: {each['problem']!r}" if each["problem"] else ""
        print(
            f"{each['received_at']:%Y-%m-%d %H:%M}  {each['event_id']}  {each['state']:9}  "
            f"{each['kind']}  {about}{problem}"
        )
    if not events:
        print("No event is stored." if everything else "Every event that was stored is applied.")


def _show(connection: Connection, event_id: str) -> int:
    found = connection.execute(
        "select * from oneai.provider_events where payment_provider = %s and event_id = %s", [PROVIDER, event_id]
    ).fetchone()
    if found is None:
        return _unknown(event_id)
    for name in ("event_id", "kind", "received_at", "state", "processed_at", "attempts", "problem"):
        print(f"{name}: {found[name]}")
    body: bytes = found["body"]
    try:
        print(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    except ValueError:
        print(body.decode(errors="replace") or NOT_KEPT)
    return 0


def _replay(connection: Connection, event_id: str | None) -> int:
    """Those that were applied are put back first; facts that are known already change nothing."""
    found = connection.execute(
        """
        update oneai.provider_events set state = 'pending'
        where payment_provider = %(provider)s and body <> ''
          and case when %(event)s::text is null then state = 'pending' else event_id = %(event)s end
        returning event_id
        """,
        {"provider": PROVIDER, "event": event_id},
    ).fetchall()
    if event_id is not None and not found:
        return _unknown(event_id)
    left = command.finish(_apply([each["event_id"] for each in found]))
    print(f"{len(found) - left} of {len(found)} applied.")
    return 1 if left else 0


async def _apply(events: list[str]) -> int:
    """How many could not be applied; those with which there is nothing to do are no trouble."""
    left = 0
    for event_id in events:
        state = await processing.apply_event(event_id, found_by="reconciliation")
        print(f"{event_id}  {state}")
        left += state == "pending"
    return left


def _unknown(event_id: str) -> int:
    print(f"There is no event {event_id} that could be applied.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
