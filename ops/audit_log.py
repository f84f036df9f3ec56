"""`python -m ops.audit_log`, which is `make audit-log`: who did what to whom, when, from where and why.

    make audit-log                                            the newest fifty actions
    make audit-log ARGS="--user asha@example.com"             actions by this user and on their account
    make audit-log ARGS="--since 2026-11-01 --action plan.change --limit 500"

Uses the database at DATABASE_URL, else that of the local stack.
"""

import argparse
import json
import sys
from typing import get_args

from oneai.accounts import audit
from oneai.accounts.audit import AuditAction, AuditEntry
from ops import command
from ops.command import Connection

LIST_LIMIT = 50
ACTIONS: tuple[str, ...] = get_args(AuditAction.__value__)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or no user has this address."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make audit-log", description="Recorded actions and their users, the newest last.")
    parser.add_argument("--user", metavar="user", help="an e-mail address or id, also of an erased user")
    parser.add_argument("--since", type=command.moment, help="a day or a time, in UTC")
    parser.add_argument("--action", choices=ACTIONS, metavar="action", help=", ".join(ACTIONS))
    parser.add_argument("--limit", type=int, default=LIST_LIMIT, help="the number of entries, the newest ones")
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    user_id = None
    if options.user is not None:
        user_id = command.user_id_of(connection, options.user)
        if user_id is None:
            return 1
    entries = audit.list_entries(
        connection, user_id=user_id, since=options.since, action=options.action, limit=max(options.limit, 0)
    )
    for entry in entries:
        print(_line(entry))
    if not entries:
        print("Nothing is recorded.")
    return 0


def _line(entry: AuditEntry) -> str:
    """One line per action. User text is printed as JSON, so that it cannot move the cursor."""
    parts = [f"{entry.created_at:%Y-%m-%d %H:%M:%S}", entry.action, f"by {entry.actor_kind} {_text(entry.actor)}"]
    if entry.user is not None and entry.user != entry.actor:
        parts.append(f"to {_text(entry.user)}")
    if entry.target_kind is not None and entry.target_kind != "user":
        parts.append(f"{entry.target_kind} {_text(entry.target_id or '')}".rstrip())
    if entry.detail:
        parts.append(json.dumps(entry.detail, ensure_ascii=True))
    if entry.reason is not None:
        parts.append(f"({_text(entry.reason)})")
    origin = ", ".join(_text(str(each)) for each in (entry.ip, entry.user_agent, entry.request_id) if each is not None)
    if origin:
        parts.append(f"from {origin}")
    return "  ".join(parts)


def _text(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)


if __name__ == "__main__":
    sys.exit(main())
