"""The public route of the status page."""

from fastapi import APIRouter, Request, Response

from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC_ALWAYS
from oneai.status import ServiceStatus, get_status

# Seconds: an incident is visible soon, and caches answer many simultaneous requests.
FRESH_SECONDS = 30

router = APIRouter(tags=["Service"])


@router.get(
    "/status",
    dependencies=[PUBLIC_ALWAYS],
    summary="Get the status of the service",
    operation_id="get_status",
    response_model=ServiceStatus,
    responses=CACHEABLE,
)
async def status(request: Request) -> Response:
    """Returns the status of the components, the incidents of 90 days, and a current maintenance. Public. The answer is
    200 even if the service does not work."""
    return cacheable(request, (await get_status()).model_dump_json().encode(), max_age=FRESH_SECONDS)
