"""`python -m ops.remove_second_factor --id=… --reason=…`, which is `make remove-second-factor`: lets a user who lost
their authenticator app sign in with the password alone, until they add one again.

Identify the user first (docs/operations/data.md). The command removes all their second factors at Supabase Auth and
ends all their sessions. Uses DATABASE_URL, SUPABASE_URL and SUPABASE_SECRET_KEY; else the local stack.
"""

import argparse
import os
import sys

from pydantic import ValidationError

from local import dotenv
from local.data_folder import running_address
from local.environment import own_auth, own_database
from oneai import settings
from oneai.admin import account_state
from oneai.admin.act import REASON_CHARACTERS, ActReason
from oneai.clients.supabase_admin import SecretKeyRefused
from ops import command
from ops.command import Connection, counted
from stand_ins.supabase_auth.secret_key import LOCAL_SECRET_KEY


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database or Supabase is unavailable, the user unknown or the reason missing."""
    dotenv.load()
    if own_database() and own_auth():
        here = running_address()
        if here is not None:
            os.environ |= {"SUPABASE_URL": here, "SUPABASE_SECRET_KEY": LOCAL_SECRET_KEY}
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make remove-second-factor",
        usage="make remove-second-factor ID=USER REASON=WHY",
        description="Removes all second factors of a user and ends their sessions.",
    )
    parser.add_argument("--id", required=True, help="the user's id or e-mail address")
    parser.add_argument("--reason", required=True, help="how the user was identified; the user does not see it")
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        reason = ActReason(reason=options.reason).reason
    except ValidationError:
        print(f"REASON says why, in at most {REASON_CHARACTERS:,} characters.", file=sys.stderr)
        return 1
    settings.reset_cache()
    user_id = command.find_user(connection, options.id)
    if user_id is None:
        return 1
    try:
        removed = command.finish(account_state.remove_second_factors(options.actor, user_id, reason))
    except SecretKeyRefused:
        print("SUPABASE_URL and SUPABASE_SECRET_KEY name no project whose users they open.", file=sys.stderr)
        return 1
    if removed:
        print(
            f"{options.id} signs in without a second factor: {counted(removed, 'factor')} removed, all sessions ended."
        )
    else:
        print(f"{options.id} has no second factor.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
