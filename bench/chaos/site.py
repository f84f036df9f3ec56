"""The chatbot of a run, whose visitors ask, and the members of its team who answer them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from bench.people import User

VISITORS = 12
SERVING = 5
_MODEL = "openai/gpt-4.1-mini"
# No team may choose this model. Its answers last for seconds, so that people take over while one is written.
_SLOW = {"model": "local/slow", "max_tokens": 50}
_NO_LIMIT = 1_000_000_000


@dataclass(frozen=True)
class Site:
    """The chatbot's path below `/api`, and the tokens of the members."""

    path: str
    members: tuple[str, ...]


def publish(connection: psycopg.Connection[Any], url: str, users: Sequence[User]) -> Site:
    """Publishes a chatbot of the first of these users and makes the others members of that workspace. Limits are out of
    reach, and a session needs no proof of work."""
    owner, *others = users
    connection.execute(
        "insert into oneai.plan_grants (workspace_id, tier, reason) values (%s, 'team', 'chaos')", [owner.id]
    )
    connection.execute("update oneai.workspaces set subscription_tier = 'team', seats = 10 where id = %s", [owner.id])
    connection.execute(
        "insert into oneai.workspace_members (workspace_id, user_id, role) "
        "select %s, id, 'member' from unnest(%s::uuid[]) as id",
        [owner.id, [user.id for user in others]],
    )
    new = {"name": "Help", "model": _MODEL, "knowledge": {"mode": "general"}, "widget": {"proof_of_work": "never"}}
    with httpx.Client(base_url=f"{url}/api", headers={"authorization": f"Bearer {owner.token}"}, timeout=60) as client:
        made = client.post("/chatbots", json=new).raise_for_status().json()
        client.post(f"/chatbots/{made['id']}/publish").raise_for_status()
    connection.execute("update oneai.chatbot_versions set configuration = configuration || %s", [Jsonb(_SLOW)])
    names = ("visitor_per_hour", "address_per_hour", "answers_per_day", "micro_usd_per_day", "micro_usd_per_month")
    limits = dict.fromkeys((*names, "turns_per_conversation"), _NO_LIMIT)
    connection.execute("update oneai.chatbots set limits = limits || %s where id = %s", [Jsonb(limits), made["id"]])
    connection.execute("update oneai.plan_chatbots set visitor_answers = null")
    return Site(f"/widget/{made['public_id']}", tuple(user.token for user in users))
