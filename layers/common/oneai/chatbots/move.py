"""Moves a chatbot to another workspace, which pays for its answers from then on."""

import json
from typing import Literal
from uuid import UUID

from pydantic import Field

from oneai.chatbots.chatbot import Chatbot
from oneai.chatbots.manage import shown
from oneai.conversations.copy import copy_files
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal

# Documents that are copied along, with those of collections.
MAX_DOCUMENTS = 200
# All conversations of its visitors go along; API Gateway's limit is 29 s.
MOVE_SECONDS = 20


class ChatbotMove(Fields):
    """The body of `POST /api/chatbots/{id}/move`."""

    workspace_id: UUID = Field(description="The workspace that it moves to, whose owner or admin you are.")
    documents: Literal["copy", "leave"] = Field(
        description="`copy`: the documents and collections that it is asked from and that you read are copied along; "
        "`leave`: they stay, and it is no longer asked from them."
    )


async def move_chatbot(principal: Principal, chatbot_id: UUID, move: ChatbotMove) -> Chatbot:
    """Moves a chatbot with its versions, curated answers, visitors and their conversations.

    Raises ChatbotNotFound; WorkspaceNotFound; RoleInsufficient, with `workspace_id` if it is the other workspace where
    the user has too low a role; ChatbotLimitReached and PlanPublishesNoChatbot by that workspace's plan; StorageFull;
    InvalidRequest for the workspace that it is in, and for more than MAX_DOCUMENTS documents to copy; Busy if it was
    moved meanwhile.
    """
    names = None
    if move.documents == "copy":
        (plan,) = await db.call(
            "select oneai.plan_chatbot_move(%s, %s, %s, %s)",
            [principal.user_id, chatbot_id, move.workspace_id, MAX_DOCUMENTS],
        )
        names = json.dumps(await copy_files(plan))
    (moved,) = await db.call_long(
        "select oneai.move_chatbot(%s, %s, %s, %s)",
        [principal.user_id, chatbot_id, move.workspace_id, names],
        seconds=MOVE_SECONDS,
    )
    return shown(moved)
