"""The figures of the business at a glance."""

from typing import Annotated

from fastapi import APIRouter, Query
from staff import STAFF

from oneai.admin import overview
from oneai.admin.overview import MAX_DAYS, Overview

router = APIRouter(tags=["Admin"])

Days = Annotated[int, Query(ge=1, le=MAX_DAYS, description="How many days, today included.")]


@router.get("/admin/overview", dependencies=[STAFF], summary="Get the figures of the business")
async def get_overview(days: Days = 30) -> Overview:
    """Users, answers, first token, errors, revenue, cost and margin, each with its change against the days before."""
    return await overview.overview(days)
