"""What is said of components and incidents, in the words that status pages have in common."""

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

# The same as an incident's impact on one of its components.
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
    status: ComponentStatus = Field(description="How it is now, by what is checked and by open incidents.")


class MaintenanceMode(BaseModel):
    """A maintenance that is going on."""

    message: str = Field(description="What the operators say of it.")
    started_at: datetime = Field(description="Since when.")
    ends_at: datetime | None = Field(description="When it is expected to end; null: not known.")


class IncidentUpdate(BaseModel):
    """What was said of an incident at one time."""

    state: IncidentState = Field(description="How far the operators were.")
    message: str = Field(description="What they said.")
    created_at: datetime = Field(description="When they said it.")


class Incident(BaseModel):
    """Something that is or was wrong."""

    id: int = Field(description="Its number.")
    title: str = Field(description="What it is, in a few words.")
    impact: Impact = Field(
        description="`minor`: slower, or wrong for some; `major`: a part does not work; `critical`: nothing does."
    )
    components: list[ComponentName] = Field(description="The parts that it concerns.")
    started_at: datetime = Field(description="Since when.")
    resolved_at: datetime | None = Field(description="Until when; null: it goes on.")
    updates: list[IncidentUpdate] = Field(description="What was said of it, the newest first.")


class StatusDay(BaseModel):
    """One day in UTC."""

    day: date = Field(description="Which.")
    downtime_seconds: int = Field(
        description="For how long an incident of impact `major` or `critical` was open; as operators stated it."
    )
    impact: Impact | None = Field(description="The worst impact of an incident of that day; null: there was none.")
