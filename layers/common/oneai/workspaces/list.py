"""The workspaces of a user."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.workspaces.workspace import ListedWorkspace

type WorkspaceSort = Literal["name", "created_at", "members"]


class WorkspacePage(BaseModel):
    """A page of workspaces."""

    items: list[ListedWorkspace] = Field(description="Your workspaces, the personal one first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class _Listed(BaseModel):
    place: int
    item: dict[str, Any]


async def list_workspaces(
    principal: Principal, *, plan: str | None, sort: WorkspaceSort, limit: int, cursor: str | None
) -> WorkspacePage:
    """Returns the user's workspaces, only those with `plan` if it is given. Raises InvalidRequest for an invalid
    cursor."""
    place, after = (None, None) if cursor is None else cursors.decode(cursor, int, str)
    after_id = None if after is None else cursors.parse(UUID, after)
    rows = await db.call(
        "select coalesce(jsonb_agg(l), '[]') from oneai.list_workspaces(%s, %s, %s, %s, %s, %s) as l",
        [principal.user_id, plan, sort, after_id, _bounded(place), limit + 1],
    )
    found = [_Listed.model_validate(row) for row in rows[0]]
    items = [ListedWorkspace.model_validate(row.item) for row in found[:limit]]
    more = len(found) > limit
    return WorkspacePage(
        items=items, next_cursor=cursors.encode(found[limit - 1].place, str(items[-1].id)) if more else None
    )


def _bounded(place: int | None) -> int | None:
    """The place of a cursor, within what Postgres can compare."""
    return place if place is None else max(0, min(place, 1_000_000))
