"""The figures of the business at a glance."""

from typing import Annotated

from fastapi import APIRouter, Query
from staff import STAFF

from oneai import analytics
from oneai.analytics import Overview

router = APIRouter(tags=["Admin"])

# So that the period before lies within the days that any report may have.
MAX_DAYS = 366
Days = Annotated[int, Query(ge=1, le=MAX_DAYS, description="How many days, today included.")]


@router.get("/admin/overview", dependencies=[STAFF], summary="Get the figures of the business")
async def get_overview(days: Days = 30) -> Overview:
    """Users, answers, first token, errors, revenue, cost and margin, each with its change against the days before."""
    return await analytics.overview(await analytics.last_days(days))
