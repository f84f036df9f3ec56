"""What readers say of the documentation."""

from fastapi import APIRouter
from staff import STAFF

from oneai.documentation.feedback_report import DocsReport, docs_report

router = APIRouter(tags=["Admin"])


@router.get("/admin/docs-feedback", dependencies=[STAFF], summary="Get what readers say of the documentation")
async def get_docs_feedback() -> DocsReport:
    """How often each page helped, with readers' notes, and what was searched for and not found. It names no reader."""
    return await docs_report()
