"""How the service is: its components, maintenance, and the incidents of ninety days, for everyone to see."""

from oneai.status.fields import COMPONENTS, ComponentName, Impact, IncidentState
from oneai.status.history import DAYS
from oneai.status.service_status import ServiceStatus, get_status

__all__ = ["COMPONENTS", "DAYS", "ComponentName", "Impact", "IncidentState", "ServiceStatus", "get_status"]
