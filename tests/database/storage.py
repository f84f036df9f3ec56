"""The storage that is counted for a workspace."""

from uuid import UUID

from tests.world import Database


def storage_of(database: Database, workspace: UUID) -> int:
    """The bytes, after changes are counted."""
    database.rows("insert into oneai.storage_counts (workspace_id) values (%s) on conflict do nothing", workspace)
    database.rows("select oneai.count_storage(%s)", workspace)
    total: int = database.one("select oneai.storage_of(%s)", workspace)
    return total
