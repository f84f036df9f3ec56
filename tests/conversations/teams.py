"""Conversations of a team, for tests."""

from typing import Any
from uuid import UUID

import httpx

from tests.api_keys import keys
from tests.conversations.api import patch
from tests.database.team_members import team_of
from tests.world import World


def make_team(world: World, owner: str, **members: str) -> UUID:
    """A team with this owner and these members by role."""
    return team_of(world.database, world.people[owner], **{role: world.people[who] for role, who in members.items()})


def put_into(world: World, talk: str, team: UUID) -> None:
    """Makes the team the workspace of a conversation."""
    world.database.rows("update oneai.conversations set workspace_id = %s where id = %s", team, talk)


async def set_visibility(world: World, talk: str, who: str, visibility: str) -> httpx.Response:
    """Shares the conversation with its workspace, or makes it private."""
    return await patch(world, talk, who, {"visibility": visibility})


async def shared_talk(world: World, author: str, team: UUID, question: str = "Hello", **fields: Any) -> str:
    """A conversation of the team with an answer, which its author has shared with it."""
    talk: str = (await world.ask(question, author, **fields)).start["conversation_id"]
    put_into(world, talk, team)
    answer = await set_visibility(world, talk, author, "workspace")
    assert answer.status_code == 200, answer.text
    return talk


def remove(world: World, who: str, team: UUID) -> None:
    """Ends a membership."""
    world.database.rows(
        "delete from oneai.workspace_members where workspace_id = %s and user_id = %s", team, world.people[who]
    )


async def team_key(world: World, who: str, team: UUID) -> str:
    """The secret of an API key of `who` that acts in the team."""
    key = await keys.create(world, who, scopes=["chat", "conversations:read", "conversations:write"])
    world.database.rows("update oneai.api_keys set workspace_id = %s where id = %s", team, key["id"])
    secret: str = key["secret"]
    return secret
