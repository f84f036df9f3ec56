"""`python -m ops.suspend_chatbot`, which is `make suspend-chatbot`: chatbots that visitors reported.

`--id=…` suspends one, or with `--all` all chatbots of its workspace and those that it makes later; `--end` ends that,
as `make unsuspend-chatbot`. Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import sys
from uuid import UUID

from oneai.admin import chatbots
from oneai.errors import NotFound
from ops import command
from ops.command import Connection
from ops.reported import print_reported


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable, there is no such chatbot, or the reason is missing."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make suspend-chatbot",
        usage="make suspend-chatbot [ID=CHATBOT REASON=WHY [ALL=1]], or make unsuspend-chatbot with the same",
        description="Chatbots that were reported; ID suspends one, ALL=1 all of its workspace.",
    )
    parser.add_argument("--id", type=UUID, help="the chatbot's id, from the list")
    parser.add_argument("--all", action="store_true", help="all chatbots of its workspace, also later ones")
    parser.add_argument("--end", action="store_true", help="end the suspension")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:  # noqa: ARG001 — as all commands are called
    if options.id is None and not options.end:
        return _list()
    if options.id is None or options.reason is None:
        print("ID names the chatbot, and REASON says why.", file=sys.stderr)
        return 1
    return _set_suspended(options)


def _set_suspended(options: argparse.Namespace) -> int:
    try:
        chatbot = command.finish(
            chatbots.set_suspended(
                options.actor,
                options.id,
                options.reason,
                suspended=not options.end,
                all_of_workspace=options.all,
            )
        )
    except NotFound as error:
        print(error.message, file=sys.stderr)
        return 1
    which = f"All chatbots of the workspace of {chatbot.id}" if options.all else f"Chatbot {chatbot.id}"
    verb = "are" if options.all else "is"
    if not options.end:
        print(f"{which} {verb} suspended. Visitors do not find {'them' if options.all else 'it'} from now on.")
    elif chatbot.suspended:
        print(f"Chatbot {chatbot.id} is still suspended: all chatbots of its workspace are. ALL=1 ends that.")
    else:
        print(f"{which} {verb} not suspended any more." if chatbot.changed else f"{which} {verb} not suspended.")
    return 0


def _list() -> int:
    print_reported(
        command.finish(chatbots.list_reported(None, command.LIST_LIMIT)).items,
        lambda chatbot, times: (
            f"{chatbot.id}  {times}  {chatbot.name!r}  workspace {chatbot.workspace_id} of {chatbot.user_id}"
        ),
        lambda chatbot: [
            f"{report.kind}: {report.message!r}{f'  answer {report.answer!r}' if report.answer else ''}"
            for report in chatbot.reports
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
