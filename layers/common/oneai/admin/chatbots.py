"""Chatbots that visitors reported: listed by deadline, suspended, or left as they are."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.admin import pages
from oneai.admin.act import Act, Actor, ActReason, act
from oneai.chatbots import addresses
from oneai.conversations.share_reports import ReportKind
from oneai.postgres import db

# Of the hundred reports that are stored of a chatbot.
REPORTS = 5


class ReportOfChatbot(BaseModel):
    """One visitor's report."""

    kind: ReportKind = Field(description="The kind of content, according to the visitor.")
    message: str | None = Field(description="In their words; null: they wrote none.")
    answer: str | None = Field(description="The answer that it is about; null: none was named, or it is erased.")
    created_at: datetime = Field(description="When it was sent.")


class _ListedChatbot(BaseModel):
    """A chatbot with its newest reports. The name, messages and answers are text that users or models wrote."""

    id: UUID = Field(description="Its id.")
    public_id: str = Field(description="Its id in the pages that show it.")
    name: str = Field(description="Its name.")
    url: str = Field(description="A page with nothing but its widget.")
    workspace_id: UUID = Field(description="Its workspace.")
    user_id: UUID | None = Field(description="The id of the workspace's owner.")
    email: str | None = Field(description="The owner's email address.")
    report_count: int = Field(description="The number of reports.")
    reports: list[ReportOfChatbot] = Field(description="The newest reports.")


class ReportedChatbot(_ListedChatbot):
    """A chatbot that visitors reported."""

    last_reported_at: datetime = Field(description="When it was last reported.")
    due_at: datetime = Field(description="The deadline of the most urgent report.")
    overdue: bool = Field(description="Whether the deadline has passed.")


class ReportedChatbotPage(BaseModel):
    """A page of reported chatbots."""

    items: list[ReportedChatbot] = Field(description="Those that are not decided, most urgent first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class SuspendedChatbot(_ListedChatbot):
    """A chatbot that visitors do not find, because operators suspended it."""

    suspended_at: datetime = Field(description="Since when.")
    all_suspended: bool = Field(description="Whether all chatbots of its workspace are suspended.")


class SuspendedChatbotPage(BaseModel):
    """A page of suspended chatbots."""

    items: list[SuspendedChatbot] = Field(description="The suspended chatbots, the last suspended first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ChatbotSuspension(ActReason):
    """The body of `POST /api/admin/chatbots/{id}/suspend` and `/unsuspend`."""

    all: bool = Field(default=False, description="All chatbots of its workspace, also those that it makes later.")


class ChatbotSuspensionResult(BaseModel):
    """What became of a chatbot."""

    id: UUID = Field(description="Its id.")
    suspended: bool = Field(description="Whether it is suspended now, by itself or with all of its workspace.")
    changed: bool = Field(description="Whether this act changed anything.")


async def list_reported(cursor: str | None, limit: int) -> ReportedChatbotPage:
    """Returns a page of the reported chatbots that are not decided, by deadline."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        "select r.*, %s || r.public_id as url from oneai.reported_chatbots(%s, %s, %s, %s) as r",
        [addresses.url_of_test_page(""), at, last, limit + 1, REPORTS],
        ReportedChatbot,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.due_at.isoformat(), str(row.id)))
    return ReportedChatbotPage(items=items, next_cursor=following)


async def list_suspended(cursor: str | None, limit: int) -> SuspendedChatbotPage:
    """Returns a page of the suspended chatbots, the last suspended first."""
    at, last = pages.after_time(cursor)
    rows = await db.as_admin(
        "select s.*, %s || s.public_id as url from oneai.suspended_chatbots(%s, %s, %s, %s) as s",
        [addresses.url_of_test_page(""), at, last, limit + 1, REPORTS],
        SuspendedChatbot,
    )
    items, following = pages.cut(rows, limit, lambda row: (row.suspended_at.isoformat(), str(row.id)))
    return SuspendedChatbotPage(items=items, next_cursor=following)


async def set_suspended(
    actor: Actor, chatbot_id: UUID, reason: str, *, suspended: bool, all_of_workspace: bool
) -> ChatbotSuspensionResult:
    """Suspends a chatbot, or all of its workspace, from the next request on, or ends that. Raises NotFound."""
    async with act(actor, reason) as running:
        (result,) = await running.call(
            "select oneai.set_chatbot_suspended(%s, %s, %s)", [chatbot_id, suspended, all_of_workspace]
        )
        if result["changed"]:
            await running.record(
                "chatbot.suspend" if suspended else "chatbot.unsuspend",
                user_id=result["user_id"] and UUID(result["user_id"]),
                target=("chatbot", chatbot_id),
                all=all_of_workspace,
            )
        if suspended:
            await _acknowledge(running, result["chatbots"])
    return ChatbotSuspensionResult(id=chatbot_id, suspended=result["suspended"], changed=result["changed"])


async def dismiss(actor: Actor, chatbot_id: UUID, reason: str) -> None:
    """Leaves a chatbot as it is, until another visitor reports it. Idempotent. Raises NotFound for one that does not
    exist or was never reported."""
    async with act(actor, reason) as running:
        due_at, user_id = await running.call("select * from oneai.dismiss_chatbot_reports(%s)", [chatbot_id])
        if due_at is not None:
            await running.record(
                "chatbot.dismiss_reports", user_id=user_id, target=("chatbot", chatbot_id), due_at=due_at
            )
        await _acknowledge(running, [str(chatbot_id)])


async def _acknowledge(running: Act, chatbots: list[str]) -> None:
    await running.call(
        """
        update oneai.operator_alerts set acknowledged_at = oneai.now()
        where kind = 'chatbot_reported' and subject = any (%s) and acknowledged_at is null
        """,
        [chatbots],
    )
