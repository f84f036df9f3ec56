"""Publishes chatbots, pauses them, and returns what was published."""

from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.chatbots.chatbot import Chatbot, ChatbotVersion, ChatbotVersionPage
from oneai.chatbots.evaluation_runs import ChangedQuestion
from oneai.chatbots.fields import ChatbotStatus
from oneai.chatbots.manage import require_models, show_chatbot, shown
from oneai.postgres import db
from oneai.postgres.db import Principal


class Published(BaseModel):
    """What was published."""

    version: int = Field(description="The number of the published version.")
    worse: list[ChangedQuestion] = Field(
        description="Evaluations that passed with what was published before, and do not with this; empty unless both "
        "were evaluated."
    )


async def publish_chatbot(principal: Principal, chatbot_id: UUID) -> Published:
    """Publishes the draft, and returns the number of its version with what got worse.

    A document that is gone does not stop it: answers leave it out. Raises ChatbotNotFound, RoleInsufficient,
    PlanPublishesNoChatbot; InvalidRequest for a model that is gone.
    """
    draft = (await show_chatbot(principal, chatbot_id)).draft
    await require_models(draft.model, draft.fallbacks, draft.knowledge.mode)
    (published,) = await db.call("select oneai.publish_evaluated_chatbot(%s, %s)", [principal.user_id, chatbot_id])
    return Published.model_validate(published)


async def toggle_chatbot(principal: Principal, chatbot_id: UUID) -> ChatbotStatus:
    """Pauses a published chatbot or lets a paused one answer again; its new status. Raises ChatbotNotFound,
    RoleInsufficient, ChatbotNotPublished, PlanPublishesNoChatbot."""
    status: ChatbotStatus
    (status,) = await db.call("select oneai.toggle_chatbot(%s, %s)", [principal.user_id, chatbot_id])
    return status


async def list_versions(principal: Principal, chatbot_id: UUID, limit: int, cursor: str | None) -> ChatbotVersionPage:
    """Returns a chatbot's versions, newest first. Raises ChatbotNotFound, InvalidRequest for an invalid cursor."""
    before = None if cursor is None else min(max(cursors.decode(cursor, int)[0], 0), 2**31 - 1)
    await show_chatbot(principal, chatbot_id)
    rows = await db.read_as(
        principal,
        """
        select v.version, v.configuration #- '{widget,avatar}' as configuration, v.user_id as published_by,
          v.published_at
        from oneai.chatbot_versions as v
        where v.chatbot_id = %s and (%s::integer is null or v.version < %s) order by v.version desc limit %s
        """,
        [chatbot_id, before, before, limit + 1],
        ChatbotVersion,
    )
    items = rows[:limit]
    return ChatbotVersionPage(items=items, next_cursor=cursors.encode(items[-1].version) if len(rows) > limit else None)


async def restore_version(principal: Principal, chatbot_id: UUID, version: int) -> Chatbot:
    """Copies what was published as `version` to the draft. Raises ChatbotNotFound, also for an unknown version, and
    RoleInsufficient."""
    (changed,) = await db.call(
        "select oneai.restore_chatbot_version(%s, %s, %s)", [principal.user_id, chatbot_id, version]
    )
    return shown(changed)
