"""Conversations are deleted, and everything that hangs on them; what they have cost stays known.

Whoever writes an answer in one notices at the next checkpoint.
"""

from itertools import batched
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from oneai import db
from oneai.db import Person
from oneai.errors import NotFound

# One statement has to be over within seconds, however long the conversations are.
AT_ONCE = 20


class BulkRequest(BaseModel):
    """The body of `POST /api/conversations/bulk`."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[UUID], Field(min_length=1, max_length=100)]
    action: Literal["delete", "archive", "unarchive"]


class BulkResult(BaseModel):
    """What became of one of them."""

    id: UUID
    status: Literal["ok", "not_found"]


class BulkResults(BaseModel):
    """In the order in which they were named, each once."""

    results: list[BulkResult]


class _Id(BaseModel):
    id: UUID


async def delete(person: Person, conversation_id: UUID) -> None:
    """Deletes it. Raises NotFound."""
    if not await _delete(person, [conversation_id]):
        raise NotFound


async def delete_all(person: Person) -> None:
    """Deletes all the person has, a few at a time: what is gone stays gone when the rest has to be asked for again."""
    while True:
        some = await db.read_as(
            person,
            "select id from oneai.conversations where user_id = %s limit %s",
            [person.user_id, AT_ONCE],
            _Id,
        )
        if not some:
            return
        await _delete(person, [each.id for each in some])


async def bulk(person: Person, request: BulkRequest) -> BulkResults:
    """Does the same to many; those that are not the person's are not found."""
    done: set[UUID] = set()
    wanted = list(dict.fromkeys(request.ids))
    for some in batched(wanted, AT_ONCE, strict=False):
        if request.action == "delete":
            done |= await _delete(person, some)
        else:
            done |= await _archive(person, some, archived=request.action == "archive")
    return BulkResults(results=[BulkResult(id=each, status="ok" if each in done else "not_found") for each in wanted])


async def _delete(person: Person, ids: "list[UUID] | tuple[UUID, ...]") -> set[UUID]:
    """Locked in one order, so that two who delete the same do not wait for each other."""
    gone = await db.as_service(
        """
        with found as (
          select id from oneai.conversations where user_id = %s and id = any (%s) order by id for update
        )
        delete from oneai.conversations as c using found where c.id = found.id returning c.id
        """,
        [person.user_id, list(ids)],
        _Id,
    )
    return {each.id for each in gone}


async def _archive(person: Person, ids: "list[UUID] | tuple[UUID, ...]", *, archived: bool) -> set[UUID]:
    found = await db.as_service(
        """
        with found as (
          select id from oneai.conversations where user_id = %s and id = any (%s) order by id for update
        )
        update oneai.conversations as c
        set archived = %s, updated_at = case when c.archived = %s then c.updated_at else oneai.now() end
        from found where c.id = found.id returning c.id
        """,
        [person.user_id, list(ids), archived, archived],
        _Id,
    )
    return {each.id for each in found}
