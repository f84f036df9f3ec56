"""`python -m ops.erase --id=…`, which is `make erase`: erases a user permanently, including their files and sign-in.

The user is named by id or e-mail address, which has to be typed again without `--yes`. The command may be
interrupted at any moment; another run completes it. Uses DATABASE_URL, as Supabase's `postgres` and not as the
functions, STORAGE_BUCKET, and if the user still pays RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET; else the local stack.
"""

import argparse
import asyncio
import os
import sys
from uuid import UUID

import psycopg

from local import dotenv
from local.data_folder import data_folder, running_address
from local.environment import own_database, own_razorpay, own_storage
from oneai import accounts, settings
from oneai.accounts import audit, lookup
from oneai.accounts.audit import Operator
from oneai.errors import LastAdmin, OneAIError
from oneai.postgres import db
from ops import command
from ops.command import Connection, DatabaseUnavailable, counted
from stand_ins import razorpay, storage


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the user is erased."""
    parser = argparse.ArgumentParser(
        prog="make erase",
        usage="make erase ID=USER [YES=1] [REASON=WHY]",
        description="Erases a user permanently, including their files and sign-in.",
    )
    parser.add_argument("--id", required=True, help="the user's id or e-mail address")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    command.add_reason(parser)
    options = parser.parse_args(arguments)
    if not options.id:
        parser.error("ID names the user, by id or e-mail address.")
    dotenv.load()
    if not _use_files_and_provider():
        return 1
    try:
        with command.connect() as connection:
            user_id = command.user_id_of(connection, options.id)
            if user_id is None or _is_last_admin(connection, user_id):
                return 1
            if not _confirm(connection, user_id, options.id, sure=options.yes):
                return 1
            _close(connection, user_id, command.operator(parser), options.reason)
            return asyncio.run(_erase(connection, user_id))
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
    except psycopg.errors.InsufficientPrivilege:
        print(command.wrong_role(), file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is erased: {error.message} Run this again.", file=sys.stderr)
    return 1


def _use_files_and_provider() -> bool:
    """Sets the environment of file storage and the payment provider. Returns False after printing what is missing."""
    if own_storage() and not own_database():
        print("STORAGE_BUCKET names the bucket in which the files of DATABASE_URL's people are.", file=sys.stderr)
        return False
    here = running_address()
    if own_database() and here is None:
        print(f"No stack is running over {data_folder()}, and DATABASE_URL is not set.", file=sys.stderr)
        return False
    if own_storage():
        os.environ.update(storage.settings_of(f"{here}/storage"))
    if own_database() and own_razorpay():
        os.environ.update(razorpay.keys_of(f"{here}/razorpay"))
    settings.reset_cache()
    return True


def _is_last_admin(connection: Connection, user_id: UUID) -> bool:
    """Whether no admin would be left; prints a message then."""
    try:
        connection.execute("select oneai.require_other_admin(%s)", [user_id])
    except psycopg.DatabaseError as error:
        if error.sqlstate != "ON409":
            raise
        print(LastAdmin.sentence, file=sys.stderr)
        return True
    return False


def _confirm(connection: Connection, user_id: UUID, email_or_id: str, *, sure: bool) -> bool:
    """Shows the account and its subscription, and asks the operator to confirm. Returns whether they did."""
    account = lookup.find_summary(connection, user_id)
    if account is None:
        print(f"{user_id} is unknown or deleted; all remaining data is erased.")
    else:
        print(
            f"{user_id}, {account.email or 'without an address'}, since {account.created_at:%Y-%m-%d}, "
            f"{counted(account.conversations, 'conversation')}"
        )
    for ref in lookup.list_paid_subscriptions(connection, user_id):
        print(f"Pays for {ref}: it is cancelled at once, and nothing is given back.")
    for team in lookup.list_teams_of_last_owner(connection, user_id):
        follows = "another member owns it then" if team.has_others else "it is deleted too"
        print(f"Is the last owner of the team {team.slug}: {follows}.")
    if sure:
        return True
    try:
        typed = input(f"This cannot be undone. Type {email_or_id} to erase this user: ")
    except EOFError:
        typed = ""
    if typed.strip() != email_or_id:
        print("Nothing was erased.", file=sys.stderr)
        return False
    return True


def _close(connection: Connection, user_id: UUID, operator: Operator, reason: str | None) -> None:
    """Records the erasure in the transaction of its first step."""
    with connection.transaction():
        connection.execute("select oneai.close_account(%s)", [user_id])
        audit.record(connection, operator, "account.erase", user_id=user_id, reason=reason)


async def _erase(connection: Connection, user_id: UUID) -> int:
    try:
        await accounts.close_account(user_id)
        try:
            accounts.delete_sign_in(connection, user_id)
        except psycopg.errors.InsufficientPrivilege:
            print(
                "The account is closed. This role may not delete the sign-in: delete the user in Supabase's dashboard "
                "(Authentication, Users), and run this again.",
                file=sys.stderr,
            )
            return 1
        await accounts.erase(user_id)
    finally:
        await db.close()
    print("Erased. Invoices and payments stay.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
