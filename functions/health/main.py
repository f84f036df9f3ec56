"""Public routes: health, readiness, status, the OpenAPI document, and plans with prices."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import ledger_routes
import plan_routes
import status_routes
from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from oneai import __version__
from oneai import health as deep_health
from oneai.clients import secrets_manager, supabase_auth
from oneai.errors import Busy, OneAIError, RateLimited
from oneai.health import HealthCheck
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC_ALWAYS, anonymous, application, handler_of, signed_in
from oneai.postgres import db, request_check

# A link to docs/openapi.json; the build copies its target.
OPENAPI = Path(__file__).with_name("openapi.json")

secrets_manager.load()
app = application("Health", plan_routes.router, status_routes.router, ledger_routes.router)


class Health(BaseModel):
    """Whether the service is up."""

    status: str = Field(description="`ok` from `/health`, `ready` from `/health/ready`.")
    version: str = Field(description="The version of the deployed code.")
    checks: list[HealthCheck] | None = Field(
        default=None, description="The results of a deep check, for admins and support; null for everyone else."
    )


@app.get("/health", tags=["Service"], summary="Check that the service runs")
async def health(
    request: Request,
    deep: Annotated[
        bool, Query(description="Whether to check the database, the storage and the upstream too.")
    ] = False,
) -> Health:
    """Checks that the function runs. With `deep`, it also checks the database, the storage and the providers of models:
    503 `busy` if the database, the storage or every provider does not answer. Results are at most ten seconds old. For
    admins and support, `checks` has each result with its milliseconds, also in the error."""
    if not deep:
        return Health(status="ok", version=__version__)
    is_staff = await _is_staff(request)
    checks = await deep_health.check_all()
    if not deep_health.can_answer(checks):
        details = {"checks": [each.model_dump(mode="json") for each in checks]} if is_staff else {}
        raise Busy("The service cannot answer all requests right now.", retry_after=10, **details)
    return Health(status="ok", version=__version__, checks=checks if is_staff else None)


async def _is_staff(request: Request) -> bool:
    """Whether the request is from an admin or support. All others consume the rate of their address, also with an
    invalid token. While the database is unavailable, no rate is consumed."""
    from oneai.admin import roles

    if "authorization" in request.headers:
        try:
            await roles.require_staff(await signed_in("other", "maintenance", right="personal")(request))
        except RateLimited:
            raise
        except OneAIError:
            pass
        else:
            return True
    await anonymous("public", "maintenance")(request)
    with suppress(Busy):
        await db.check_request(request_check.current())
    return False


@app.get("/health/ready", dependencies=[PUBLIC_ALWAYS], tags=["Service"], summary="Check that the service can answer")
async def ready() -> Health:
    """Checks that the database answers and that the keys for tokens are available; 503 otherwise."""
    await asyncio.gather(db.ready(), supabase_auth.ready())
    return Health(status="ready", version=__version__)


@app.get("/openapi.json", tags=["Service"], summary="Get this document", responses=CACHEABLE)
async def openapi(request: Request) -> Response:
    """This document."""
    return cacheable(request, OPENAPI.read_bytes())


handler = handler_of(app)
