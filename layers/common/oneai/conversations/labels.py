"""The user's folders and tags, each with its number of conversations."""

from typing import Literal

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Principal

# A side bar with more than this is of no use, and the answer stays below 200 kB.
MOST = 1_000


class Label(BaseModel):
    """A folder or a tag."""

    name: str = Field(description="The name, as the user wrote it.")
    count: int = Field(description="The number of conversations in it, without archived ones.")


class Labels(BaseModel):
    """Folders and tags by name, those of archived and temporary conversations left out."""

    folders: list[Label] = Field(description="Up to 1,000 folders.")
    tags: list[Label] = Field(description="Up to 1,000 tags.")


class _Row(Label):
    kind: Literal["folder", "tag"]


async def list_labels(principal: Principal) -> Labels:
    """The folders and tags of the user's listed conversations. Those with the most conversations come in if there are
    too many."""
    rows = await db.read_as(
        principal,
        """
        with mine as (
          select c.folder, c.tags from oneai.conversations as c
          where c.workspace_id = %s and c.user_id = %s and not c.archived and not c.temporary
            and (c.folder is not null or c.tags <> '{}')
        ), counted as (
          select 'folder' as kind, folder as name, count(*) as count from mine where folder is not null group by folder
          union all
          select 'tag', t.name, count(*) from mine, unnest(mine.tags) as t (name) group by t.name
        )
        select kind, name, count from (
          select *, row_number() over (partition by kind order by count desc, name) as place from counted
        ) as ranked
        where place <= %s order by name
        """,
        [principal.workspace_id, principal.user_id, MOST],
        _Row,
    )

    def of(kind: str) -> list[Label]:
        return [Label(name=row.name, count=row.count) for row in rows if row.kind == kind]

    return Labels(folders=of("folder"), tags=of("tag"))
