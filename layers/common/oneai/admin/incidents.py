"""Incidents on the status page: opened, followed by updates, and resolved by operators."""

from typing import Annotated, Any, LiteralString

from pydantic import AfterValidator, BaseModel, Field

from oneai import cursors
from oneai.accounts.audit import AuditAction
from oneai.admin import pages
from oneai.admin.act import Actor, ActReason, act
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue, invalid
from oneai.postgres import db
from oneai.status.fields import ComponentName, Impact, Incident, IncidentState
from oneai.text import clean_lines
from oneai.times import Moment


def _text(text: str) -> str:
    result = clean_lines(text)
    if not result:
        raise InvalidValue("empty", "A text for the status page is required.")
    return result


type IncidentMessage = Annotated[str, Field(max_length=2_000), AfterValidator(_text)]


class NewIncident(ActReason):
    """A new incident."""

    title: Annotated[str, Field(max_length=200), AfterValidator(_text)] = Field(description="A few words.")
    impact: Impact = Field(description="Its severity.")
    components: list[ComponentName] = Field(min_length=1, max_length=6, description="The affected components.")
    message: IncidentMessage = Field(description="A text for users about the incident.")
    started_at: Moment | None = Field(default=None, strict=False, description="When it started; by default now.")


class NewIncidentUpdate(ActReason):
    """An update of an incident."""

    state: IncidentState = Field(description="The new state. Any state but `resolved` reopens a resolved incident.")
    message: IncidentMessage = Field(description="A text for users about the new state.")
    impact: Impact | None = Field(default=None, description="Its severity, if that has changed.")


class IncidentPage(BaseModel):
    """A page of incidents."""

    items: list[Incident] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


async def open_incident(actor: Actor, new: NewIncident) -> Incident:
    """Shows a new incident on the status page. Raises InvalidRequest for a start in the future."""
    async with act(actor, new.reason) as running:
        row = await running.call(
            """
            insert into oneai.incidents (title, impact, components, started_at)
            select %s, %s, %s, s.at from (select coalesce(%s::timestamptz, oneai.now()) as at) as s
            where s.at <= oneai.now() returning id
            """,
            [new.title, new.impact, list(dict.fromkeys(new.components)), new.started_at],
        )
        if row is None:
            raise invalid("started_at", "invalid", "An incident cannot start in the future.")
        await running.call(
            "insert into oneai.incident_updates (incident_id, number, state, message) "
            "values (%s, 1, 'investigating', %s)",
            [row[0], new.message],
        )
        await running.record("incident.open", target=("incident", row[0]), title=new.title, impact=new.impact)
    return await _find_incident(row[0])


async def update_incident(actor: Actor, incident_id: int, update: NewIncidentUpdate) -> Incident:
    """Adds an update to an incident; the state `resolved` resolves it. Raises NotFound."""
    incident_id = min(incident_id, cursors.MAX_ID)
    async with act(actor, update.reason) as running:
        # Locks the incident, so that two concurrent updates get different numbers.
        row = await running.call(
            """
            update oneai.incidents set impact = coalesce(%s, impact),
              resolved_at = case when %s = 'resolved' then coalesce(resolved_at, oneai.now()) end
            where id = %s returning id
            """,
            [update.impact, update.state, incident_id],
        )
        if row is None:
            raise NotFound("There is no such incident.")
        await running.call(
            """
            insert into oneai.incident_updates (incident_id, number, state, message)
            select %s, max(u.number) + 1, %s, %s from oneai.incident_updates as u where u.incident_id = %s
            """,
            [incident_id, update.state, update.message, incident_id],
        )
        action: AuditAction = "incident.resolve" if update.state == "resolved" else "incident.update"
        await running.record(action, target=("incident", incident_id), state=update.state)
    return await _find_incident(incident_id)


async def list_incidents(cursor: str | None, limit: int) -> IncidentPage:
    """A page of incidents."""
    after = cursors.after_id(cursor)
    rows = await _incidents("%s::bigint is null or n.id < %s", [after, after], limit + 1)
    items, following = pages.cut(rows, limit, lambda row: (row.id,))
    return IncidentPage(items=items, next_cursor=following)


async def _find_incident(incident_id: int) -> Incident:
    (incident,) = await _incidents("n.id = %s", [incident_id], 1)
    return incident


async def _incidents(condition: LiteralString, params: list[Any], limit: int) -> list[Incident]:
    return await db.as_admin(
        f"""
        select n.id, n.title, n.impact, n.components, n.started_at, n.resolved_at, (
          select jsonb_agg(jsonb_build_object('state', u.state, 'message', u.message, 'created_at', u.created_at)
            order by u.number desc)
          from oneai.incident_updates as u where u.incident_id = n.id) as updates
        from oneai.incidents as n where {condition} order by n.id desc limit %s
        """,
        [*params, limit],
        Incident,
    )
