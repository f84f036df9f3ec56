"""Reports of chatbots by their visitors, with the deadlines of reports of shares (`conversations/share_reports.py`)."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from oneai import alerts, settings
from oneai.conversations.share_reports import MAX_STORED_REPORTS, ReportKind, ReportSettings
from oneai.fields import Fields
from oneai.postgres import db
from oneai.text import clean_lines

# From one network about one chatbot in a day. Carriers share addresses.
REPORTS_PER_DAY = 20


class ChatbotReport(Fields):
    """The body of `POST /api/widget/{public_id}/reports`."""

    reason: ReportKind = Field(
        description="`intimate_image`: it shows a person intimately without their consent; `order`: a court or the "
        "government orders its removal; `complaint`: anything else. It decides the operators' deadline."
    )
    message: Annotated[str, Field(max_length=1000), AfterValidator(clean_lines)] | None = Field(
        default=None, description="The problem, in the visitor's words."
    )
    message_id: UUID | None = Field(default=None, description="The answer that it is about.")


async def report(public_id: str, sent: ChatbotReport, network: bytes) -> None:
    """Reports a chatbot to the operators. `network` is a hash of the client's (`visitor.network_hash`). Raises
    ChatbotNotFound; AddressLimit after REPORTS_PER_DAY of the network."""
    (row,) = await db.call(
        "select oneai.report_chatbot(%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(public_id, network, sent.reason, sent.message or None, sent.message_id),
            settings.read(ReportSettings).time_to_decide(sent.reason),
            *(REPORTS_PER_DAY, MAX_STORED_REPORTS),
        ],
    )
    await alerts.raise_alert(
        "chatbot_reported", row["id"], reports=row["report_count"], about=sent.reason, due_at=row["report_due_at"]
    )
