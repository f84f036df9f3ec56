"""The fields of components and incidents, with the usual terms of status pages."""

from datetime import date, datetime
from typing import Literal, get_args

from pydantic import BaseModel, Field

type ComponentName = Literal["api", "chat", "files", "sign_in", "payments", "mail"]
COMPONENTS: tuple[ComponentName, ...] = get_args(ComponentName.__value__)
type ComponentStatus = Literal[
    "operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance"
]
type Impact = Literal["minor", "major", "critical"]
type IncidentState = Literal["investigating", "identified", "monitoring", "resolved"]

# The same values as an incident's impact on one of its components.
STATUS_OF_IMPACT: dict[Impact, ComponentStatus] = {
    "minor": "degraded_performance",
    "major": "partial_outage",
    "critical": "major_outage",
}
# From best to worst.
SEVERITY: tuple[ComponentStatus, ...] = (
    "operational",
    "under_maintenance",
    "degraded_performance",
    "partial_outage",
    "major_outage",
)


class Component(BaseModel):
    """One part of the service."""

    name: ComponentName = Field(description="Which part.")
    status: ComponentStatus = Field(description="Its current status, from checks and open incidents.")


class MaintenanceMode(BaseModel):
    """The current maintenance."""

    message: str = Field(description="The operators' message.")
    started_at: datetime = Field(description="Since when.")
    ends_at: datetime | None = Field(description="When it is expected to end; null: unknown.")


class IncidentUpdate(BaseModel):
    """An update of an incident."""

    state: IncidentState = Field(description="The incident's state at that time.")
    message: str = Field(description="The text of the update.")
    created_at: datetime = Field(description="When it was posted.")


class Incident(BaseModel):
    """A current or past incident."""

    id: int = Field(description="Its number.")
    title: str = Field(description="A short title of the problem.")
    impact: Impact = Field(
        description="`minor`: slow, or errors for some users; `major`: a part does not work; `critical`: nothing works."
    )
    components: list[ComponentName] = Field(description="The affected parts.")
    started_at: datetime = Field(description="Since when.")
    resolved_at: datetime | None = Field(description="When it was resolved; null: it continues.")
    updates: list[IncidentUpdate] = Field(description="Its updates, newest first.")


class StatusDay(BaseModel):
    """One day in UTC."""

    day: date = Field(description="Which.")
    downtime_seconds: int = Field(
        description="The total time with an open incident of impact `major` or `critical`, as stated by operators."
    )
    impact: Impact | None = Field(description="The worst impact of an incident on that day; null: none.")
