"""Public routes: health, readiness, status, the OpenAPI document, and plans with prices."""

import asyncio
from pathlib import Path

import plan_routes
import status_routes
from fastapi import Request, Response
from pydantic import BaseModel, Field

from oneai import __version__
from oneai.clients import secrets_manager, supabase_auth
from oneai.http.cacheable import CACHEABLE, cacheable
from oneai.http.fastapi_app import PUBLIC_ALWAYS, application, handler_of
from oneai.postgres import db

# A link to docs/openapi.json; the build copies what it leads to.
OPENAPI = Path(__file__).with_name("openapi.json")

secrets_manager.load()
app = application("Health", plan_routes.router, status_routes.router)


class Health(BaseModel):
    """Whether the service is up."""

    status: str = Field(description="`ok` from `/health`, `ready` from `/health/ready`.")
    version: str = Field(description="The version of the deployed code.")


@app.get("/health", tags=["Service"], summary="Check that the service runs")
async def health() -> Health:
    """The function runs; nothing else is asked."""
    return Health(status="ok", version=__version__)


@app.get("/health/ready", dependencies=[PUBLIC_ALWAYS], tags=["Service"], summary="Check that the service can answer")
async def ready() -> Health:
    """The database answers and the keys that verify tokens can be had; 503 otherwise."""
    await asyncio.gather(db.ready(), supabase_auth.ready())
    return Health(status="ready", version=__version__)


@app.get("/openapi.json", tags=["Service"], summary="Get this document", responses=CACHEABLE)
async def openapi(request: Request) -> Response:
    """This document."""
    return cacheable(request, OPENAPI.read_bytes())


handler = handler_of(app)
