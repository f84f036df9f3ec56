"""What a team's inbox has as a whole: figures, and the tags in use."""

import json

from pydantic import BaseModel, Field

from oneai.chatbots.chatbot import Satisfaction
from oneai.inbox.filters import InboxPeriod
from oneai.postgres import db
from oneai.postgres.db import Principal


class InboxByStatus(BaseModel):
    """Conversations by who speaks."""

    bot: int = Field(description="The chatbot speaks.")
    open: int = Field(description="A person is wanted or writes.")
    snoozed: int = Field(description="Snoozed.")
    resolved: int = Field(description="Resolved.")


class InboxSatisfaction(BaseModel):
    """How visitors scored conversations. Members' ratings do not count."""

    all: Satisfaction = Field(description="All scores.")
    bot: Satisfaction = Field(description="Those of conversations in which the chatbot alone had spoken.")
    member: Satisfaction = Field(description="Those of conversations in which a member had spoken too.")


class InboxStats(BaseModel):
    """The figures of an inbox."""

    total: int = Field(description="Conversations, without spam.")
    average_messages: float | None = Field(description="Their average number of questions and answers; null: none.")
    by_status: InboxByStatus = Field(description="The same by who speaks.")
    spam: int = Field(description="Conversations that are spam.")
    satisfaction: InboxSatisfaction = Field(description="How visitors scored them.")


class InboxTag(BaseModel):
    """A tag."""

    name: str = Field(description="The tag, as it was written.")
    count: int = Field(description="The number of conversations with it.")


class InboxTagList(BaseModel):
    """The tags of a workspace's conversations."""

    items: list[InboxTag] = Field(description="By name; of more than 1,000 the most frequent.")


async def stats(principal: Principal, asked: InboxPeriod) -> InboxStats:
    """Returns the figures of conversations whose last message came in a period. Raises WorkspaceNotFound,
    RoleInsufficient for viewers."""
    (found,) = await db.call("select oneai.inbox_stats(%s, %s)", [principal.user_id, json.dumps(asked.to_request())])
    return InboxStats.model_validate(found)


async def tags(principal: Principal) -> InboxTagList:
    """Returns the tags in use. Raises WorkspaceNotFound, RoleInsufficient for viewers."""
    (rows,) = await db.call("select oneai.inbox_tags(%s)", [principal.user_id])
    return InboxTagList.model_validate({"items": rows})
