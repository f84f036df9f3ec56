"""Routes for the status page: maintenance and incidents."""

from typing import Annotated

from fastapi import APIRouter, Path
from staff import STAFF, Admin

from oneai.admin import incidents, maintenance_mode
from oneai.admin.act import Actor, ActReason
from oneai.admin.incidents import IncidentPage, NewIncident, NewIncidentUpdate
from oneai.admin.maintenance_mode import MaintenanceState, NewMaintenance
from oneai.http.fastapi_app import Cursor, Limit
from oneai.status.fields import Incident

router = APIRouter(tags=["Admin"])


@router.get("/admin/maintenance", dependencies=[STAFF], summary="Get the maintenance")
async def get_maintenance() -> MaintenanceState:
    """Returns whether maintenance mode is on, its message, and its expected end."""
    return await maintenance_mode.get_maintenance()


@router.put("/admin/maintenance", summary="Start a maintenance")
async def start_maintenance(admin: Admin, body: NewMaintenance) -> MaintenanceState:
    """Refuses clients from the next request on, except admins and support. During a maintenance it changes the message
    and the expected end."""
    return await maintenance_mode.start(Actor.admin(admin.user_id), body)


@router.delete("/admin/maintenance", summary="End the maintenance", status_code=204)
async def end_maintenance(admin: Admin, body: ActReason) -> None:
    """Ends maintenance mode. Idempotent."""
    await maintenance_mode.end(Actor.admin(admin.user_id), body.reason)


@router.get("/admin/incidents", dependencies=[STAFF], summary="List incidents")
async def list_incidents(cursor: Cursor = None, limit: Limit = 50) -> IncidentPage:
    """Lists all incidents with their updates, newest first."""
    return await incidents.list_incidents(cursor, limit)


@router.post("/admin/incidents", summary="Open an incident", status_code=201)
async def open_incident(admin: Admin, body: NewIncident) -> Incident:
    """Opens an incident. The status page shows it within half a minute."""
    return await incidents.open_incident(Actor.admin(admin.user_id), body)


@router.post("/admin/incidents/{id}/updates", summary="Update an incident", status_code=201)
async def update_incident(
    admin: Admin,
    id: Annotated[int, Path(ge=1, description="The incident's number.")],
    body: NewIncidentUpdate,
) -> Incident:
    """Adds an update. The state `resolved` ends the incident."""
    return await incidents.update_incident(Actor.admin(admin.user_id), id, body)
