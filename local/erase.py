"""`python -m local.erase --id=…`, which is `make erase`: forgets a person for ever, their files and sign-in included.

Asks for the id to be typed once more, unless `--yes`. It may be stopped at any moment; run again, it does what is left.
Looks at DATABASE_URL, as Supabase's `postgres` and not as the functions, at STORAGE_BUCKET, and where somebody still
pays at RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET; else at the stack that runs here.
"""

import argparse
import asyncio
import os
import sys
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from local import dotenv, razorpay, storage
from local.data_folder import data_folder
from local.postgres_server import SUPERUSER, running_url
from local.surroundings import DATABASE, own_database, own_razorpay, own_storage
from oneai import accounts, db, settings
from oneai.errors import OneAIError

type Connection = psycopg.Connection[dict[str, Any]]


def main() -> int:
    """Returns 0 when the person is erased."""
    parser = argparse.ArgumentParser(prog="make erase", description="Forgets a person for ever.")
    parser.add_argument("--id", type=UUID, required=True, help="the person's id")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args()
    dotenv.load()
    if not _find_everything():
        return 1
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], row_factory=dict_row, autocommit=True) as connection:
            if not _agreed(connection, given.id, sure=given.yes):
                return 1
            return asyncio.run(_erase(connection, given.id))
    except psycopg.OperationalError:
        print("The database cannot be reached.", file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is erased: {error.message} Run this again.", file=sys.stderr)
    return 1


def _find_everything() -> bool:
    """Puts where database, files and the payment provider are into the environment."""
    here = f"http://127.0.0.1:{os.environ.get('PORT') or 3000}"
    if own_storage() and not own_database():
        print("STORAGE_BUCKET names the bucket in which the files of DATABASE_URL's people are.", file=sys.stderr)
        return False
    if own_storage():
        os.environ.update(storage.settings_of(f"{here}/storage"))
    if own_database():
        if own_razorpay():
            os.environ.update(razorpay.settings_of(f"{here}/razorpay"))
        try:
            os.environ["DATABASE_URL"] = running_url(data_folder() / "postgres", DATABASE, SUPERUSER)
        except psycopg.OperationalError:
            print("No stack is running here, and DATABASE_URL names no other.", file=sys.stderr)
            return False
    settings.forget()
    return True


def _agreed(connection: Connection, user_id: UUID, *, sure: bool) -> bool:
    """Shows who it is and what they pay for; whether the operator is sure."""
    person = connection.execute(
        """
        select email, created_at, (select count(*) from oneai.conversations where user_id = u.id) as conversations
        from oneai.users as u where id = %s
        """,
        [user_id],
    ).fetchone()
    if person is None:
        print(f"{user_id} is not known (any more); whatever is left of them goes.")
    else:
        print(
            f"{user_id}, {person['email'] or 'without an address'}, since {person['created_at']:%Y-%m-%d}, "
            f"{person['conversations']} conversations"
        )
    paying = connection.execute(
        """
        select provider_subscription_id from oneai.subscriptions
        where user_id = %s and status not in ('none', 'cancelled') order by created_at
        """,
        [user_id],
    ).fetchall()
    for each in paying:
        print(f"Pays for {each['provider_subscription_id']}: it is cancelled at once, and nothing is given back.")
    if sure:
        return True
    try:
        typed = input("This cannot be undone. Type the id to erase this person: ")
    except EOFError:
        typed = ""
    if typed.strip() != str(user_id):
        print("Nothing was erased.", file=sys.stderr)
        return False
    return True


async def _erase(connection: Connection, user_id: UUID) -> int:
    try:
        await accounts.close(user_id)
        try:
            if connection.execute("select from auth.users where id = %s", [user_id]).rowcount:
                connection.execute("delete from auth.users where id = %s", [user_id])
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
