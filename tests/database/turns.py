"""A chat turn as Postgres sees it: admit, checkpoint, settle, over connections like those the functions have."""

import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from tests.world import Database

# Terms on which "Hello" holds 3 micro-dollars for the prompt and 200 for the answer.
TERMS = {
    "refusal": None,
    "quota_key": "small_messages",
    "input_tokens": 16_000,
    "answer_tokens": 100,
    "prompt_micro_usd_per_token": "1",
    "completion_micro_usd_per_token": "2",
    "price_version": "v1",
}
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "reasoning_tokens": 2,
    "cached_tokens": 1,
    "cost_micro_usd": 19,
    "estimated": False,
}


@dataclass(frozen=True)
class Turn:
    """What an admitted question is told; `replay` when it was asked before."""

    message_id: UUID
    conversation_id: UUID
    question_id: UUID
    told: dict[str, Any]

    @property
    def replay(self) -> bool:
        """Whether the stored answer is to be streamed again."""
        return bool(self.told.get("replay"))


@dataclass(frozen=True)
class Refusal:
    """What `oneai.postgres.db` makes an error of."""

    code: str
    sqlstate: str
    detail: dict[str, Any]


class Desk:
    """One connection of `oneai_app`, and the calls that are made over it."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection

    async def call(self, query: LiteralString, *params: Any) -> Any:
        """The first row, or its only column."""
        row = await (await self.connection.execute(query, params)).fetchone()
        return row[0] if row and len(row) == 1 else row

    async def admit(
        self,
        person: UUID,
        message: str = "Hello",
        *,
        message_id: UUID | None = None,
        conversation: UUID | None = None,
        edit_of: UUID | None = None,
        regenerate_of: UUID | None = None,
        others: Sequence[UUID] = (),
        temporary: bool = False,
        fingerprint: str | None = None,
        spend_limit: int | None = None,
        confirmed: bool = False,
        history_bytes: int = 128_000,
        at_once: int | None = None,
        **terms: Any,
    ) -> Turn:
        """Asks; `others` are answers beside the first, `at_once` how many the plan writes, `terms` those of every tier
        and answer where they differ from TERMS."""
        message_id = message_id or uuid4()
        ask: dict[str, Any] = {
            "conversation_id": str(conversation) if conversation else None,
            "edit_of": str(edit_of) if edit_of else None,
            "regenerate_of": str(regenerate_of) if regenerate_of else None,
            "temporary": temporary,
            "message": None if regenerate_of else message,
            "fingerprint": fingerprint or message,
            "answers": [{"id": str(each), "model": "maker/small"} for each in (message_id, *others)],
            "require_confirmed": confirmed,
            "spend_limit_micro_usd": spend_limit,
        }
        answers = [TERMS | terms for _ in ask["answers"]]
        offers = {
            tier: {
                "free": tier == "free",
                "history_bytes": history_bytes,
                "answers_at_once": at_once,
                "answers": answers,
            }
            for tier in ("free", "pro")
        }
        told = await self.call(
            "select oneai.admit(%s, %s, %s, %s)", person, message_id, json.dumps(ask), json.dumps(offers)
        )
        return Turn(message_id, UUID(told["conversation_id"]), UUID(told["user_message_id"]), told)

    async def checkpoint(
        self, message_id: UUID, *pieces: tuple[str, int, str], generation: str | None = None, sent: bool = True
    ) -> Any:
        """Keeps pieces of `(kind, at, text)`; `(stop_requested, state)`. `sent`: the request has left."""
        told = [{"kind": kind, "at": at, "text": text} for kind, at, text in pieces]
        return await self.call(
            "select * from oneai.checkpoint(%s, %s, %s, %s)", message_id, json.dumps(told), generation, sent
        )

    async def settle(
        self, message_id: UUID, content: str = "Hi there", state: str = "complete", **outcome: Any
    ) -> dict[str, Any]:
        """Ends the answer as its producer does."""
        told = {"content": content, "state": state, "sent": True, "finish_reason": "stop", "model": "maker/small"}
        found: dict[str, Any] = await self.call(
            "select oneai.settle(%s, %s)",
            message_id,
            json.dumps(told | {"provider": "Somebody", "usage": USAGE} | outcome),
        )
        return found

    async def follow(
        self, person: UUID, message_id: UUID, follower: UUID, *, at_once: int = 4, again: bool = False
    ) -> list[UUID] | None:
        """Takes a follower's place as `person`, or (`again`) renews it; the followers ended, None where it was."""
        async with self.connection.transaction():
            await self.call("select set_config('role', 'authenticated', true)")
            await self.call("select set_config('request.jwt.claims', %s, true)", json.dumps({"sub": str(person)}))
            plans = json.dumps({"free": at_once})
            ended: list[UUID] | None = await self.call(
                "select oneai.follow(%s, %s, %s, %s)", message_id, follower, not again, plans
            )
            return ended

    async def expire_answer(self, message_id: UUID, bill: dict[str, Any] | None = None) -> bool:
        """Ends the answer as whoever finds it lapsed does."""
        told = None if bill is None else json.dumps(bill)
        return bool(await self.call("select oneai.expire_answer(%s, %s)", message_id, told))

    async def hold(self, database: Database, person: UUID, *lines: tuple[str, int], unit: str = "messages") -> UUID:
        """A bare reservation of `(quota_key, held)` lines, without a message."""
        reservation = uuid4()
        database.rows(
            "insert into oneai.reservations "
            "(id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
            "values (%s, %s, oneai.now() + oneai.lease(), 'free', 'maker/small', 'v1', oneai.today())",
            reservation,
            person,
        )
        await self.reserve(person, reservation, *[(key, unit, held) for key, held in lines])
        return reservation

    async def reserve(self, person: UUID, reservation: UUID, *lines: tuple[str, str, int]) -> None:
        """Holds `(quota_key, unit, held)` lines."""
        told = [{"quota_key": key, "unit": unit, "held": held} for key, unit, held in lines]
        await self.call("select oneai.reserve(%s, %s, %s)", person, reservation, json.dumps(told))


async def refusal(asked: Awaitable[Any]) -> Refusal:
    """How `asked` is refused; fails where it is not."""
    try:
        granted = await asked
    except psycopg.Error as error:
        detail = json.loads(error.diag.message_detail or "{}") if (error.sqlstate or "").startswith("ON") else {}
        return Refusal(error.diag.message_primary or "", error.sqlstate or "", detail)
    raise AssertionError(f"not refused: {granted}")


def code(outcome: Any) -> str:
    """Of a gathered outcome: the refusal's code, `replay`, or `new`."""
    if isinstance(outcome, psycopg.Error):
        return outcome.diag.message_primary or ""
    if isinstance(outcome, BaseException):
        raise outcome
    return "replay" if outcome.replay else "new"


def quota(database: Database, person: UUID, key: str = "small_messages") -> tuple[int, int]:
    """`(used, reserved)`."""
    found: tuple[int, int] = database.one(
        "select used, reserved from oneai.usage_quotas where user_id = %s and quota_key = %s", person, key
    )
    return found


def set_quota(database: Database, person: UUID, *, left: int, key: str = "small_messages") -> None:
    """Uses up all but `left` units."""
    database.rows(
        "update oneai.usage_quotas set used = quota_limit - %s where user_id = %s and quota_key = %s",
        left,
        person,
        key,
    )


def spend(database: Database) -> tuple[int, int]:
    """`(held, settled)` micro-dollars of all days."""
    found: tuple[int, int] = database.one(
        "select coalesce(sum(held_micro_usd), 0)::integer, coalesce(sum(settled_micro_usd), 0)::integer "
        "from oneai.daily_spend"
    )
    return found
