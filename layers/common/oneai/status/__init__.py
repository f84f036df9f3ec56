"""The public service status: components, maintenance, and the incidents of the last 90 days."""

from oneai.status.fields import COMPONENTS, ComponentName, Impact, IncidentState
from oneai.status.history import DAYS
from oneai.status.service_status import ServiceStatus, get_status

__all__ = ["COMPONENTS", "DAYS", "ComponentName", "Impact", "IncidentState", "ServiceStatus", "get_status"]
