"""A team with something in every table that says who pays."""

from uuid import UUID

from oneai.clients import s3
from oneai.errors import NotFound
from tests.accounts import full_account
from tests.accounts.full_billing import insert_billing_rows
from tests.database.rows import all_rows
from tests.workspaces.ending import team_of
from tests.world import Database, World


async def create_full_team(world: World, who: str, *others: tuple[UUID, str]) -> UUID:
    """A team of `who` and others, with a conversation, a document, a key, usage, payments and files."""
    owner, database = world.people[who], world.database
    team = team_of(database, owner, *others)
    await ask_in(world, team, who)
    insert_billing_rows(database, team)
    full_account.insert_document_rows(database, team)
    database.rows(
        "insert into oneai.api_keys (workspace_id, user_id, name, hint, scopes) "
        "values (%s, %s, 'Key', 'oneai_sk_…', array['chat'])",
        *(team, owner),
    )
    full_account.insert_provider_key_rows(database, team, owner)
    database.rows("select oneai.override_quota(%s, 'small_messages', null, 5, null, 'a friend')", team)
    database.rows("select oneai.require_storage(%s, 0, true, null)", team)
    database.rows("select oneai.roll_up_usage(1000)")
    await s3.put(f"documents/{team}/1", b"Rain", "text/plain")
    return team


async def ask_in(world: World, team: UUID, who: str) -> str:
    """A question and its answer in a conversation of the team, which paid for it; the conversation's id."""
    started = await world.ask("Rain in the hills", who)
    talk = str(started.start["conversation_id"])
    database, answer = world.database, started.start["message_id"]
    database.rows("update oneai.conversations set workspace_id = %s where id = %s", team, talk)
    database.rows("update oneai.usage_events set workspace_id = %s where message_id = %s", team, answer)
    database.rows("update oneai.reservations set workspace_id = %s where id = %s", team, answer)
    return talk


def rows_naming(database: Database, id: UUID) -> set[str]:
    """The tables that have this id anywhere."""
    return {table for table, rows in all_rows(database).items() if any(str(id) in row for row in rows)}


async def has_files(team: UUID) -> bool:
    """Whether files of the team's documents are stored."""
    try:
        await s3.head(f"documents/{team}/1")
    except NotFound:
        return False
    return True
