"""`GET /api/status`: the results of checks, and what operators have posted."""

import asyncio
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from oneai import health
from oneai.clients import supabase_auth
from oneai.errors import OneAIError
from oneai.health import HealthCheck
from oneai.postgres import db
from oneai.status import history
from oneai.status.fields import (
    COMPONENTS,
    SEVERITY,
    STATUS_OF_IMPACT,
    Component,
    ComponentName,
    ComponentStatus,
    Incident,
    MaintenanceMode,
    StatusDay,
)

# More than there can reasonably be in 90 days; the newest are shown.
MAX_INCIDENTS = 100
# Components that do not work without the database.
_NEED_DATABASE: tuple[ComponentName, ...] = ("api", "chat", "files", "payments", "mail")


class ServiceStatus(BaseModel):
    """The status of the service."""

    status: Literal["operational", "degraded", "outage", "maintenance"] = Field(
        description="The overall status: `outage` if the API or answers do not work, `degraded` if another part does "
        "not."
    )
    components: list[Component] = Field(description="Its parts.")
    maintenance: MaintenanceMode | None = Field(description="The current maintenance, if any.")
    incidents: list[Incident] | None = Field(
        description="Incidents of the last 90 days, newest first; null if they cannot be read now."
    )
    days: list[StatusDay] | None = Field(
        description="The last 90 days, oldest first, since the first user; null if they cannot be read now."
    )


class _Row(BaseModel):
    now: datetime
    first_user_at: datetime | None
    maintenance: MaintenanceMode | None
    incidents: list[Incident]


async def get_status() -> ServiceStatus:
    """Returns the current status. An outage of the database, of sign-in, of the upstream or of the storage is part of
    the answer and raises nothing."""
    stored, sign_in_works, checks = await asyncio.gather(_stored(), _sign_in_works(), health.check_all())
    worst: dict[ComponentName, ComponentStatus] = dict.fromkeys(COMPONENTS, "operational")

    def set_at_least(name: ComponentName, status: ComponentStatus) -> None:
        worst[name] = max(worst[name], status, key=SEVERITY.index)

    if not sign_in_works:
        set_at_least("sign_in", "major_outage")
    by_name = {check.name: check for check in checks}
    if not by_name["storage"].ok:
        set_at_least("files", "major_outage")
    if not health.models_work(checks):
        set_at_least("chat", "major_outage")
    elif not by_name["upstream"].ok or _is_failing(by_name["upstream"]):
        # Direct providers still have some of its models.
        set_at_least("chat", "degraded_performance")
    if stored is None:
        for name in _NEED_DATABASE:
            set_at_least(name, "major_outage")
    elif stored.maintenance is not None:
        # Webhooks and jobs continue, and Supabase signs users in.
        set_at_least("api", "under_maintenance")
        set_at_least("chat", "under_maintenance")
        set_at_least("files", "under_maintenance")
    incidents = stored.incidents if stored else []
    for incident in incidents:
        for name in incident.components if incident.resolved_at is None else ():
            set_at_least(name, STATUS_OF_IMPACT[incident.impact])
    return ServiceStatus(
        status=_overall(worst),
        components=[Component(name=name, status=status) for name, status in worst.items()],
        maintenance=stored.maintenance if stored else None,
        incidents=incidents if stored else None,
        days=history.days(incidents, stored.first_user_at, stored.now) if stored else None,
    )


def _is_failing(check: HealthCheck) -> bool:
    """Whether answers have set this provider aside more than once: one failure may be that of one answer."""
    return check.set_aside is not None and check.set_aside.times > 1


def _overall(of: dict[ComponentName, ComponentStatus]) -> Literal["operational", "degraded", "outage", "maintenance"]:
    statuses = set(of.values())
    if "major_outage" in (of["api"], of["chat"]):
        return "outage"
    if "under_maintenance" in statuses:
        return "maintenance"
    return "operational" if statuses == {"operational"} else "degraded"


async def _stored() -> _Row | None:
    """The data in Postgres; None if it is unreachable."""
    try:
        rows = await db.as_service(
            """
            select oneai.now() as now, (select min(u.created_at) from oneai.users as u) as first_user_at,
              (select to_jsonb(m) - 'only_row' from oneai.maintenance_mode as m) as maintenance,
              (
                select coalesce(jsonb_agg(to_jsonb(i) order by i.started_at desc, i.id desc), '[]') from (
                  select n.id, n.title, n.impact, n.components, n.started_at, n.resolved_at, (
                    select jsonb_agg(to_jsonb(u) - 'incident_id' - 'number' order by u.number desc)
                    from oneai.incident_updates as u where u.incident_id = n.id) as updates
                  from oneai.incidents as n
                  where coalesce(n.resolved_at, 'infinity') > oneai.now() - make_interval(days => %s)
                  order by n.started_at desc, n.id desc limit %s) as i
              ) as incidents
            """,
            [history.DAYS, MAX_INCIDENTS],
            _Row,
        )
    except OneAIError as error:
        if error.status < 500:
            raise
        return None
    return rows[0]


async def _sign_in_works() -> bool:
    try:
        await supabase_auth.ready()
    except OneAIError:
        return False
    return True
