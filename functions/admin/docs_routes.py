"""Readers' feedback on the documentation."""

from fastapi import APIRouter
from staff import STAFF

from oneai.documentation.feedback_report import DocsReport, docs_report

router = APIRouter(tags=["Admin"])


@router.get("/admin/docs-feedback", dependencies=[STAFF], summary="Get feedback on the documentation")
async def get_docs_feedback() -> DocsReport:
    """Returns how often each page helped, readers' notes, and searches without results. It contains no names."""
    return await docs_report()
