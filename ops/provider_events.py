"""`python -m ops.provider_events`, which is `make provider-events`: the stored events of the payment provider.

    make provider-events                                     the newest fifty that are not applied
    make provider-events ARGS="list --all --most 200"
    make provider-events ARGS="show evt_3nDpF7…"
    make provider-events ARGS="replay evt_3nDpF7…"           applies it, even again
    make provider-events ARGS="replay --pending --reason …"  applies all pending ones

A replay grants and refunds nothing twice. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from oneai.admin import provider_events
from oneai.admin.provider_events import EventState, QueuedEvent
from oneai.errors import NotFound
from ops import command
from ops.command import Connection, counted

LIST_LIMIT = 50
BODY_REMOVED = "Its body is no longer kept: retention removed it, or the erasure of the payer's account."


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable, there is no such event, or it cannot be applied."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make provider-events", description="Events from the payment provider.")
    actions = parser.add_subparsers(dest="action")
    listing = actions.add_parser("list", help="list events that are not applied")
    listing.add_argument("--all", action="store_true", help="include applied events")
    listing.add_argument("--most", type=int, default=LIST_LIMIT, help="the number of events, the newest ones")
    show = actions.add_parser("show", help="show an event")
    show.add_argument("event")
    replay = actions.add_parser("replay", help="apply an event, or all that are not applied")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("event", nargs="?")
    which.add_argument("--pending", action="store_true")
    command.add_reason(replay)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    if options.action == "show":
        return _show(options.event)
    if options.action == "replay":
        return _replay(options)
    return _list(include_processed=getattr(options, "all", False), limit=getattr(options, "most", LIST_LIMIT))


def _list(*, include_processed: bool, limit: int) -> int:
    state: EventState | None = None if include_processed else "unprocessed"
    events = command.finish(provider_events.list_events(state, None, limit)).items
    for event in reversed(events):
        about = " ".join(ref for ref in (event.subscription_ref, event.payment_ref) if ref)
        problem = f"  {counted(event.attempts, 'time')}: {event.problem!r}" if event.problem else ""
        print(f"{event.received_at:%Y-%m-%d %H:%M}  {event.event_id}  {event.state:9}  {event.kind}  {about}{problem}")
    if not events:
        print("No event is stored." if include_processed else "Every event that was stored is applied.")
    return 0


def _show(event_id: str) -> int:
    try:
        event = command.finish(provider_events.find_event(event_id))
    except NotFound as error:
        return _fail(error)
    for name in ("event_id", "kind", "received_at", "state", "processed_at", "attempts", "problem"):
        print(f"{name}: {getattr(event, name)}")
    try:
        print(json.dumps(json.loads(event.body), indent=2, ensure_ascii=False))
    except ValueError:
        print(event.body or BODY_REMOVED)
    return 0


def _replay(options: argparse.Namespace) -> int:
    try:
        events = command.finish(provider_events.requeue(options.actor, options.event, options.reason))
    except NotFound as error:
        return _fail(error)
    pending = command.finish(_apply(events))
    print(f"{len(events) - pending} of {len(events)} applied.")
    return 1 if pending else 0


async def _apply(events: Sequence[QueuedEvent]) -> int:
    """The number of events that failed. Irrelevant events do not count."""
    pending = 0
    async for event_id, outcome in provider_events.process(events):
        print(f"{event_id}  {outcome}")
        pending += outcome == "pending"
    return pending


def _fail(error: NotFound) -> int:
    print(error.message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
