"""Maintenance mode refuses requests of clients. Webhooks, jobs, health, status and admins continue."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from oneai.admin.act import Actor, ActReason, act
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.status.fields import MaintenanceMode
from oneai.text import clean_line, is_blank

MAX_MINUTES = 7 * 24 * 60


def _sentence(text: str) -> str:
    result = clean_line(text)
    if is_blank(result):
        raise InvalidValue("empty", "A sentence for users is required.")
    return result


class NewMaintenance(ActReason):
    """Starts maintenance mode."""

    message: Annotated[str, Field(max_length=500), AfterValidator(_sentence)] = Field(
        description="The sentence that users read during maintenance."
    )
    minutes: int | None = Field(default=None, ge=1, le=MAX_MINUTES, description="The expected duration.")


class MaintenanceState(BaseModel):
    """Whether maintenance mode is on."""

    maintenance: MaintenanceMode | None = Field(description="The current maintenance; null if the service is open.")


async def get_maintenance() -> MaintenanceState:
    """Returns the current maintenance, if any."""
    rows = await db.as_admin("select message, started_at, ends_at from oneai.maintenance_mode", [], MaintenanceMode)
    return MaintenanceState(maintenance=rows[0] if rows else None)


async def start(actor: Actor, new: NewMaintenance) -> MaintenanceState:
    """Refuses requests from the next one on. During a maintenance it replaces the sentence and the expected end."""
    duration = timedelta(minutes=new.minutes) if new.minutes else None
    async with act(actor, new.reason) as running:
        message, started_at, ends_at = await running.call(
            """
            insert into oneai.maintenance_mode (message, ends_at) values (%s, oneai.now() + %s)
            on conflict (only_row) do update set message = excluded.message, ends_at = excluded.ends_at
            returning message, started_at, ends_at
            """,
            [new.message, duration],
        )
        await running.record("maintenance.start", message=message, ends_at=ends_at)
    return MaintenanceState(maintenance=MaintenanceMode(message=message, started_at=started_at, ends_at=ends_at))


async def end(actor: Actor, reason: str) -> bool:
    """Ends maintenance mode. Returns False if it was off."""
    async with act(actor, reason) as running:
        row = await running.call("delete from oneai.maintenance_mode returning started_at", [])
        if row is not None:
            await running.record("maintenance.end", started_at=row[0])
    return row is not None
