"""The lists of admins that `bench_admin` measures: people searched, filtered and paged deep, subscriptions, audit.

Each page is compared with reading as many rows of the same table by their primary key. It asserts that no list scans a
whole table that grows with use.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, LiteralString
from uuid import UUID

from bench import plans
from oneai import cursors
from oneai.admin import audit_entries, subscriptions, users
from oneai.admin.audit_entries import AuditFilter
from oneai.admin.subscriptions import SubscriptionState
from oneai.admin.users import UserFilter
from oneai.postgres import db

LIMIT = 50
# Tables in the lists that grow with use.
LARGE = {"users", "subscriptions", "audit_log"}
# A name that most users have is read in order until a page is full.
READ_BY_NAME = {"people by a name that all have", "people by a name that all have, deep"}


@dataclass
class ListCase:
    """A page of a list, and the statement that reads rows of the same table by their keys."""

    name: str
    read: Callable[[], Awaitable[Any]]
    by_key: LiteralString


@dataclass
class _Place:
    id: UUID
    email: str
    created_at: Any


@dataclass
class _Number:
    id: int


# The columns that admins may read.
PEOPLE: LiteralString = (
    "select u.id, u.email, u.name, w.subscription_tier, u.created_at from oneai.users as u "
    "join oneai.workspaces as w on w.id = u.id where u.id = any(%s)"
)
SUBSCRIPTIONS: LiteralString = (
    "select id, workspace_id, status, amount, created_at from oneai.subscriptions where id = any(%s)"
)
ACTS: LiteralString = "select id, created_at, actor, action, user_id, detail from oneai.audit_log where id = any(%s)"


async def cases() -> list[ListCase]:
    """The measured cases, with positions in the middle of each list."""
    (middle,) = await db.as_admin(
        """
        select id, email, created_at from oneai.users order by created_at desc, id desc
        offset (select count(*) / 2 from oneai.users) limit 1
        """,
        [],
        _Place,
    )
    (act,) = await db.as_admin("select max(id) / 2 as id from oneai.audit_log", [], _Number)
    deep = cursors.encode(middle.created_at.isoformat(), str(middle.id))
    by_email = cursors.encode(0, middle.email.lower(), str(middle.id))
    by_name = cursors.encode(1, "person 5", str(middle.id))
    everyone, since = UserFilter(), middle.created_at - timedelta(days=1)

    def people(name: str, q: str | None = None, which: UserFilter = everyone, cursor: str | None = None) -> ListCase:
        return ListCase(f"people {name}", lambda: users.list_users(q, which, cursor, LIMIT), PEOPLE)

    def subscribed(name: str, status: SubscriptionState | None = None, cursor: str | None = None) -> ListCase:
        page = partial(subscriptions.list_subscriptions, status, cursor, LIMIT)
        return ListCase(f"subscriptions {name}", page, SUBSCRIPTIONS)

    def acts(name: str, which: AuditFilter, cursor: str | None = None) -> ListCase:
        return ListCase(f"audit {name}", lambda: audit_entries.list_entries(which, cursor, LIMIT), ACTS)

    return [
        people("newest"),
        people("deep page", cursor=deep),
        people("of a plan", which=UserFilter(tier="enterprise")),
        people("of a plan, deep", which=UserFilter(tier="pro"), cursor=deep),
        people("suspended", which=UserFilter(status="suspended")),
        people("being deleted", which=UserFilter(status="deleting")),
        people("by e-mail", middle.email),
        people("by two letters of e-mail", middle.email[:2]),
        people("by e-mail, deep", middle.email[:1], cursor=by_email),
        people("by a rare name", "person 777"),
        people("by a name that all have", "person"),
        people("by a name that all have, deep", "person", cursor=by_name),
        people("by a name, of a plan", "person", UserFilter(tier="enterprise", status="active")),
        subscribed("newest"),
        subscribed("deep", None, deep),
        subscribed("active, deep", "active", deep),
        subscribed("past due", "past_due"),
        acts("newest", AuditFilter()),
        acts("deep", AuditFilter(), cursors.encode(act.id)),
        acts("of a user", AuditFilter(user_id=middle.id)),
        acts("of a kind", AuditFilter(action="payment.refund")),
        acts("of a user and a kind", AuditFilter(user_id=middle.id, action="session.create")),
        acts("of a request", AuditFilter(request_id="request-7")),
        acts("since a day", AuditFilter(since=since)),
    ]


async def keys(case: ListCase) -> list[Any]:
    """The ids of the page's rows."""
    return [item.id for item in (await case.read()).items]


async def prove(address: str) -> None:
    """Asserts that no list scans a whole table that grows with use; `address` is a superuser's."""
    all_cases, large = await cases(), plans.larger_tables(address, LARGE)
    await plans.report_plans(address)
    for case in all_cases:
        found = await plans.plans_of(case.read())
        assert found, case.name
        plans.refuse(case.name, found, plans.read_through(found, large))
        if case.name in READ_BY_NAME and "users" in large:
            assert "users_by_name" in plans.indexes(found), (case.name, found)
    await db.close()
