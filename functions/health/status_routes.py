"""The public route of the status page."""

from fastapi import APIRouter, Request, Response

from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC_ALWAYS
from oneai.status import ServiceStatus, get_status

# Seconds: an incident is seen soon, and a crowd that asks what is the matter is answered by caches.
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
    """How the parts of the service are, the incidents of ninety days, and a maintenance that is going on. Public. It
    answers 200 also where the service does not work."""
    return cacheable(request, (await get_status()).model_dump_json().encode(), max_age=FRESH_SECONDS)
