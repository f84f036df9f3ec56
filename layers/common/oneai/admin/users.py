"""The list of users: filtered, in pages, and searched by the start of an email address or of a word of a name."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, LiteralString
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.accounts.permissions import Role
from oneai.admin import pages
from oneai.postgres import db
from oneai.text import clean_line

type AccountStatus = Literal["active", "suspended", "deleting"]


class ListedUser(BaseModel):
    """A user in a list."""

    id: UUID = Field(description="The user's id.")
    email: str | None = Field(description="The email address; null for a sign-up by phone.")
    name: str | None = Field(description="Their name.")
    tier: str = Field(description="Their plan.")
    subscription_status: str = Field(description="The subscription's status; `active` without one.")
    role: Role = Field(description="`user`, `support` or `admin`.")
    created_at: datetime = Field(description="When the user signed up.")
    suspended_at: datetime | None = Field(description="When the user was suspended, if suspended now.")
    deletes_at: datetime | None = Field(description="When the account will be erased, if its deletion was requested.")


class UserPage(BaseModel):
    """A page of users."""

    items: list[ListedUser] = Field(description="Newest first; for a search, by email address, then by name.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users; None means all."""

    tier: str | None = None
    status: AccountStatus | None = None


class _FoundUser(ListedUser):
    """A user that a search found, with the position in the result."""

    by: int
    """0: by email address, 1: by name."""
    key: str


COLUMNS: LiteralString = """
    u.id, u.email, u.name, w.subscription_tier as tier, w.subscription_status,
    coalesce((select a.role from oneai.admins as a where a.user_id = u.id), 'user') as role, u.created_at,
    u.suspended_at, u.deletes_at
"""
# A user with their personal workspace, which has the plan.
USERS: LiteralString = "oneai.users as u join oneai.workspaces as w on w.id = u.id"
STATES: dict[AccountStatus, LiteralString] = {
    "suspended": "and u.suspended_at is not null",
    "deleting": "and u.deletes_at is not null",
    "active": "and u.suspended_at is null and u.deletes_at is null",
}


async def list_users(q: str | None, which: UserFilter, cursor: str | None, limit: int) -> UserPage:
    """Returns a page of users. Raises InvalidRequest for a cursor of another search."""
    text = clean_line(q or "").lower()
    if not text:
        return await _newest(which, cursor, limit)
    user_id = _uuid(text)
    if user_id is not None:
        rows = await db.as_admin(f"select {COLUMNS} from {USERS} where u.id = %s", [user_id], ListedUser)
        return UserPage(items=rows, next_cursor=None)
    return await _search(text, which, cursor, limit)


async def _newest(which: UserFilter, cursor: str | None, limit: int) -> UserPage:
    at, last = pages.after_time(cursor)
    # The personal workspace is as old as its user, and its index begins with the plan.
    order: LiteralString = "u.created_at desc, u.id desc" if which.tier is None else "w.created_at desc, w.id desc"
    place: LiteralString = "(u.created_at, u.id)" if which.tier is None else "(w.created_at, w.id)"
    after: LiteralString = f"and {place} < (%s, %s)" if at is not None else ""
    rows = await db.as_admin(
        f"""
        select {COLUMNS} from {USERS} where true {after} {_filter(which)}
        order by {order} limit %s
        """,
        [*([at, last] if after else []), *_filter_values(which), limit + 1],
        ListedUser,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.created_at.isoformat(), str(row.id)))
    return UserPage(items=items, next_cursor=following)


async def _search(text: str, which: UserFilter, cursor: str | None, limit: int) -> UserPage:
    """Users whose email address starts with the text, by address; then users with such a word in their name, by
    name."""
    by, key, last = (0, None, None) if cursor is None else _position(cursor)
    pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows: list[_FoundUser] = []
    if by == 0:
        rows = await _found_by_email(pattern, which, key, last, limit + 1)
        key, last = None, None
    # Names are searched after all addresses, because a name search for the start of an address is most of the work.
    if len(rows) <= limit:
        rows += await _found_by_name(pattern, which, key, last, limit + 1 - len(rows))
    items, following = pages.cut(rows, limit, lambda row: (row.by, row.key, str(row.id)))
    return UserPage(items=[ListedUser(**row.model_dump(exclude={"by", "key"})) for row in items], next_cursor=following)


async def _found_by_email(
    pattern: str, which: UserFilter, key: str | None, last: UUID | None, limit: int
) -> list[_FoundUser]:
    after: LiteralString = 'and (lower(u.email) collate "C", u.id) > (%s, %s)' if key is not None else ""
    return await db.as_admin(
        f"""
        select {COLUMNS}, 0 as by, lower(u.email) as key from {USERS}
        where lower(u.email) collate "C" like %s {after} {_filter(which)}
        order by lower(u.email) collate "C", u.id limit %s
        """,
        [f"{pattern}%", *([key, last] if after else []), *_filter_values(which), limit],
        _FoundUser,
    )


async def _found_by_name(
    pattern: str, which: UserFilter, key: str | None, last: UUID | None, limit: int
) -> list[_FoundUser]:
    """Users found by name who are not found by their address."""
    return await db.as_admin(
        f"""
        select {COLUMNS}, 1 as by, lower(u.name) as key
        from oneai.find_users_by_name(%s, %s, %s, %s, %s, %s, %s) with ordinality as found (id, place)
        join oneai.users as u on u.id = found.id join oneai.workspaces as w on w.id = u.id order by found.place
        """,
        [f"% {pattern}%", f"{pattern}%", which.tier, which.status, key, last, limit],
        _FoundUser,
    )


def _filter(which: UserFilter) -> LiteralString:
    """The conditions of a filter; `_filter_values` has their values."""
    of_tier: LiteralString = "and w.subscription_tier = %s" if which.tier is not None else ""
    return of_tier if which.status is None else f"{of_tier} {STATES[which.status]}"


def _filter_values(which: UserFilter) -> list[str]:
    return [] if which.tier is None else [which.tier]


def _position(cursor: str) -> tuple[int, str, UUID]:
    by, key, last = cursors.decode(cursor, int, str, str)
    return int(by > 0), key, cursors.parse(UUID, last)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
