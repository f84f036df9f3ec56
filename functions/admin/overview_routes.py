"""The business figures at a glance."""

from typing import Annotated

from fastapi import APIRouter, Query
from staff import STAFF

from oneai import analytics
from oneai.analytics import Overview

router = APIRouter(tags=["Admin"])

# Limited so that the previous period is within the range of reports.
MAX_DAYS = 366
Days = Annotated[int, Query(ge=1, le=MAX_DAYS, description="The number of days, including today.")]


@router.get("/admin/overview", dependencies=[STAFF], summary="Get the figures of the business")
async def get_overview(days: Days = 30) -> Overview:
    """Returns users, answers, first token, errors, revenue, cost and margin as they are now.

    Each is compared with the previous period, and has its course.
    """
    return await analytics.overview(days)
