"""`python -m ops.incidents`, which is `make incident`: the incidents on the status page.

    make incident                                                           the newest
    make incident ARGS="open 'Answers are slow' --impact minor --component chat --message 'We are looking into it.'"
    make incident ARGS="update 3 --state identified --message 'A provider of models is overloaded.'"
    make incident ARGS="resolve 3 --message 'Answers are as fast as before.'"

The page shows it within half a minute. Without `--reason` the audit log has the message as the reason. Uses
the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from typing import get_args

from pydantic import ValidationError

from oneai.admin import incidents
from oneai.admin.incidents import NewIncident, NewIncidentUpdate
from oneai.errors import InvalidRequest, NotFound
from oneai.status import COMPONENTS, Impact, IncidentState
from ops import command
from ops.command import Connection

LISTED = 20


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or the request is refused."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make incident", description="Incidents on the status page.")
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list the newest incidents")
    new = actions.add_parser("open", help="open an incident")
    new.add_argument("title", help="a few words")
    new.add_argument("--impact", required=True, choices=get_args(Impact.__value__))
    new.add_argument("--component", required=True, action="append", choices=COMPONENTS, help="may be repeated")
    new.add_argument("--started-at", type=command.moment, help="a time in UTC; by default now")
    update = actions.add_parser("update", help="add an update")
    update.add_argument("--state", required=True, choices=get_args(IncidentState.__value__))
    resolve = actions.add_parser("resolve", help="resolve an incident")
    for action in (update, resolve):
        action.add_argument("id", type=int)
    for action in (update, new):
        action.add_argument("--message", required=True, help="the text on the status page")
    resolve.add_argument("--message", default="This is resolved.", help="the text on the status page")
    update.add_argument("--impact", choices=get_args(Impact.__value__), help="the new impact, if it has changed")
    for action in (new, update, resolve):
        command.add_reason(action)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    try:
        if options.action == "open":
            new = NewIncident(
                title=options.title,
                impact=options.impact,
                components=options.component,
                message=options.message,
                started_at=options.started_at,
                reason=options.reason or options.message,
            )
            command.finish(incidents.open_incident(options.actor, new))
        elif options.action in ("update", "resolve"):
            state: IncidentState = "resolved" if options.action == "resolve" else options.state
            impact = getattr(options, "impact", None)
            reason = options.reason or options.message
            update = NewIncidentUpdate(state=state, message=options.message, impact=impact, reason=reason)
            command.finish(incidents.update_incident(options.actor, options.id, update))
    except (InvalidRequest, NotFound, ValidationError) as error:
        print(command.sentence(error), file=sys.stderr)
        return 1
    _list()
    return 0


def _list() -> None:
    newest = command.finish(incidents.list_incidents(None, LISTED)).items
    for incident in reversed(newest):
        over = f"resolved {command.end(incident.resolved_at)}" if incident.resolved_at else incident.updates[0].state
        print(
            f"{incident.id:5}  {command.end(incident.started_at)}  {incident.impact}, {over}  "
            f"{', '.join(incident.components)}: {incident.title}"
        )
    if not newest:
        print("There has been no incident.")


if __name__ == "__main__":
    sys.exit(main())
