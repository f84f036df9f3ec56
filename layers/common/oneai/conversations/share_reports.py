"""Reports of shared conversations by their readers, each with its deadline.

The deadlines are those of India's Information Technology (Intermediary Guidelines and Digital Media Ethics Code) Rules
2021 as amended in February 2026: three hours for an order of a court or the government, two hours for intimate images
that were shared without consent, seven days for other complaints.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai import alerts, settings
from oneai.conversations.share_tokens import token_hash
from oneai.errors import NotFound
from oneai.field_errors import InvalidValue
from oneai.postgres import db
from oneai.text import is_blank, replace_nul

type ReportKind = Literal["complaint", "intimate_image", "order"]

# Reports stored with their text; later ones are only counted.
MAX_STORED_REPORTS = 100


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """The deadline of a report, by its kind."""

    order_takedown_hours: int = 3
    intimate_image_hours: int = 2
    complaint_days: int = 7

    def time_to_decide(self, kind: ReportKind) -> timedelta:
        """The time from the report to its deadline."""
        return {
            "order": timedelta(hours=self.order_takedown_hours),
            "intimate_image": timedelta(hours=self.intimate_image_hours),
            "complaint": timedelta(days=self.complaint_days),
        }[kind]


def _require_text(text: str) -> str:
    if is_blank(text):
        raise InvalidValue("empty", "The reason is empty.")
    return replace_nul(text)


class ReportRequest(BaseModel):
    """The body of `POST /api/shared/{token}/report`."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[
        str, Field(min_length=1, max_length=1000, json_schema_extra={"pattern": r"\S"}), AfterValidator(_require_text)
    ] = Field(description="The problem, for the operators.")
    kind: ReportKind = Field(
        default="complaint",
        description="`intimate_image`: it shows a person intimately without their consent; `order`: a court or the "
        "government orders its removal; `complaint`: anything else. The kind decides the operators' deadline.",
    )


@dataclass
class _ReportRow:
    id: UUID
    report_count: int
    report_due_at: datetime


async def report_share(token: str, report: ReportRequest) -> None:
    """Reports a shared conversation to the operators. Raises NotFound."""
    reported = await db.as_service(
        """
        with counted as (
          update oneai.shares as s set report_count = s.report_count + 1, last_reported_at = oneai.now(),
            report_due_at = least(s.report_due_at, oneai.now() + %s)
          from oneai.open_share(%s) as found where s.id = found.id
          returning s.id, s.report_count, s.report_due_at
        ), kept as (
          insert into oneai.share_reports (share_id, number, kind, reason)
          select id, report_count, %s, %s from counted where report_count <= %s
        )
        select id, report_count, report_due_at from counted
        """,
        [
            settings.read(ReportSettings).time_to_decide(report.kind),
            *(token_hash(token), report.kind, report.reason, MAX_STORED_REPORTS),
        ],
        _ReportRow,
    )
    if not reported:
        raise NotFound
    row = reported[0]
    await alerts.raise_alert(
        "share_reported", str(row.id), reports=row.report_count, about=report.kind, due_at=row.report_due_at.isoformat()
    )
