"""`python -m ops.erase --id=…`, which is `make erase`: forgets a person for ever, their files and sign-in included.

The person is named by id or e-mail address, which has to be typed once more unless `--yes`. It may be stopped at any
moment; run again, it does what is left. Looks at DATABASE_URL, as Supabase's `postgres` and not as the functions, at
STORAGE_BUCKET, and where the person still pays at RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET; else at the stack that runs
over the data folder.
"""

import argparse
import asyncio
import os
import sys
from uuid import UUID

import psycopg

from local import dotenv, razorpay, storage
from local.data_folder import data_folder, running_address
from local.environment import own_database, own_razorpay, own_storage
from oneai import accounts, settings
from oneai.errors import OneAIError
from oneai.postgres import db
from ops import command
from ops.command import Connection, DatabaseUnavailable, counted


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the person is erased."""
    parser = argparse.ArgumentParser(
        prog="make erase",
        usage="make erase ID=PERSON [YES=1]",
        description="Forgets a person for ever, their files and sign-in included.",
    )
    parser.add_argument("--id", required=True, help="the person's id or e-mail address")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    given = parser.parse_args(arguments)
    if not given.id:
        parser.error("ID names the person, by id or e-mail address.")
    dotenv.load()
    if not _find_files_and_provider():
        return 1
    try:
        with command.connect() as connection:
            user_id = _person(connection, given.id)
            if user_id is None or not _agreed(connection, user_id, given.id, sure=given.yes):
                return 1
            return asyncio.run(_erase(connection, user_id))
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
    except psycopg.errors.InsufficientPrivilege:
        print(command.wrong_role(), file=sys.stderr)
    except OneAIError as error:
        print(f"Not everything is erased: {error.message} Run this again.", file=sys.stderr)
    return 1


def _find_files_and_provider() -> bool:
    """Puts where the files and the payment provider are into the environment; says so where that is unknown."""
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
        os.environ.update(razorpay.settings_of(f"{here}/razorpay"))
    settings.forget()
    return True


def _person(connection: Connection, named: str) -> UUID | None:
    """The person's id; an id may be of a person who is gone already, of whom something may be left."""
    try:
        return UUID(named)
    except ValueError:
        return command.person(connection, named)


def _agreed(connection: Connection, user_id: UUID, named: str, *, sure: bool) -> bool:
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
            f"{counted(person['conversations'], 'conversation')}"
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
        typed = input(f"This cannot be undone. Type {named} to erase this person: ")
    except EOFError:
        typed = ""
    if typed.strip() != named:
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
