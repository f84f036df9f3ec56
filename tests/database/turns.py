"""A chat turn as Postgres sees it: admit, checkpoint, settle, over connections like those the functions have."""

import json
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from oneai.chat.turn.question_request import AnswerRequest, QuestionRequest
from oneai.models.outcome import EndState, Outcome, OutcomeUsage
from oneai.plans.request_terms import AnswerTerms, TierTerms, terms_to_json
from tests.world import Database

# Terms on which "Hello" holds 3 micro-dollars for the prompt and 200 for the answer.
TERMS: dict[str, Any] = {
    "refusal": None,
    "daily_ceiling_micro_usd": None,
    "quota_key": "small_messages",
    "input_tokens": 16_000,
    "answer_tokens": 100,
    "prompt_micro_usd_per_token": "1",
    "completion_micro_usd_per_token": "2",
    "price_version": "v1",
}
# In addition: "Hello" then holds 7,000 for one search and 53 for the prompt and the results that are read after it.
SEARCHES: dict[str, Any] = {"web_searches": 1, "web_search_micro_usd": 7_000, "web_search_tokens": 50}
USAGE: dict[str, Any] = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "reasoning_tokens": 2,
    "cached_tokens": 1,
    "cost_micro_usd": 19,
    "estimated": False,
}


@dataclass(frozen=True)
class Turn:
    """The result of `oneai.admit`; `replay` when the same question was asked before."""

    message_id: UUID
    conversation_id: UUID
    question_id: UUID
    result: dict[str, Any]

    @property
    def replay(self) -> bool:
        """Whether the stored answer is to be streamed again."""
        return bool(self.result.get("replay"))


@dataclass(frozen=True)
class Visit:
    """A visitor of the first version of a chatbot, the hash of their network, and who the website says that it is."""

    public_id: str
    visitor: UUID
    network: bytes
    identity: dict[str, str] | None = None


class OfflineError(Exception):
    """The chatbot does not answer a visitor now; its text is the code of what refused the question."""


@dataclass(frozen=True)
class Refusal:
    """The error that `oneai.postgres.db` would raise as ours."""

    code: str
    sqlstate: str
    detail: dict[str, Any]


class TurnClient:
    """One connection of `oneai_app`, and the calls that are made over it."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection
        self.last_request = "{}"
        """`p_request` of the last question."""
        self.last_terms = "{}"
        """Its `p_terms`."""

    async def call(self, query: LiteralString, *params: Any) -> Any:
        """The first row, or its only column."""
        row = await (await self.connection.execute(query, params)).fetchone()
        return row[0] if row and len(row) == 1 else row

    async def admit(
        self,
        user: UUID,
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
        team_at_once: int | None = None,
        api_key: UUID | None = None,
        web_search: bool | None = None,
        title: str | None = None,
        visit: Visit | None = None,
        credit_terms: dict[str, Any] | None = None,
        credit_limit: int | None = None,
        routes: Sequence[dict[str, Any]] = (),
        titles: bool = False,
        summaries: bool = False,
        **terms: Any,
    ) -> Turn:
        """Admits a question. `others` are further answers, `at_once` the plan's limit, `team_at_once` that of
        a team's members together, `api_key` the key of the
        request, `web_search` whether the web may be searched, `title` the first words of the question. `visit` is the
        visitor who asks instead of `user`. `terms` replace those of TERMS, for every tier and answer, `credit_terms`
        those of credits, which have no refusal. `credit_limit` is that of all credits in a day. `routes` are those of
        each answer by keys of the workspace. `titles` and `summaries`: models write
        them here. Raises OfflineError where the chatbot is."""
        message_id = message_id or uuid4()
        ids = (message_id, *others)
        request = QuestionRequest(
            conversation_id=str(conversation) if conversation else None,
            edit_of=str(edit_of) if edit_of else None,
            regenerate_of=str(regenerate_of) if regenerate_of else None,
            temporary=temporary,
            message=None if regenerate_of else message,
            fingerprint=fingerprint or message,
            answers=[AnswerRequest(str(each), "maker/small", []) for each in ids],
            require_confirmed=confirmed,
            spend_limit_micro_usd=spend_limit,
            web_search=web_search,
            title=title,
            passages_bytes=0,
            credit_limit_micro_usd=credit_limit,
            titles=titles,
            summaries=summaries,
        )
        answers = (AnswerTerms(**(TERMS | terms)),) * len(ids)
        by_tier = {
            tier: TierTerms(tier == "free", answers, at_once, team_at_once, history_bytes) for tier in ("free", "pro")
        }
        of_credits = {**TERMS, **terms, "refusal": None, "models": ("maker/small",), **(credit_terms or {})}
        by_tier["credits"] = TierTerms(answers=(AnswerTerms(**of_credits),) * len(ids), history_bytes=history_bytes)
        of_keys = {**TERMS, **terms, "refusal": None, "routes": tuple(routes)}
        by_tier["own_key"] = TierTerms(answers=(AnswerTerms(**of_keys),) * len(ids), history_bytes=history_bytes)
        sent = (message_id, request.to_json(), terms_to_json(by_tier))
        _, self.last_request, self.last_terms = sent
        if visit is None:
            result = await self.call("select oneai.admit(%s, %s, %s, %s, %s)", user, *sent, api_key)
        else:
            result = await self.call(
                "select oneai.admit_visitor(%s, %s, %s, %s, 1, %s, %s, %s)",
                *(
                    visit.public_id,
                    visit.visitor,
                    Jsonb(visit.identity) if visit.identity else None,
                    visit.network,
                    *sent,
                ),
            )
            if "offline" in result:
                raise OfflineError(result.get("refusal") or result["offline"])
        return Turn(message_id, UUID(result["conversation_id"]), UUID(result["user_message_id"]), result)

    async def checkpoint(
        self,
        message_id: UUID,
        *pieces: tuple[str, int, str],
        generation: str | None = None,
        sent: bool = True,
        sends_all: bool = False,
        unstored: int | None = None,
    ) -> Any:
        """Stores pieces of `(kind, at, text)`; returns `(stop_requested, state)`. `sent`: the request was sent;
        `sends_all`: they are all there are; `unstored`: tokens of tool calls that have come."""
        rows = [{"kind": kind, "at": at, "text": text} for kind, at, text in pieces]
        return await self.call(
            "select * from oneai.checkpoint(%s, %s, %s, %s, %s, %s)",
            *(message_id, json.dumps(rows), generation, sent, sends_all, unstored),
        )

    async def settle(
        self, message_id: UUID, content: str = "Hi there", state: EndState = "complete", **outcome: Any
    ) -> dict[str, Any]:
        """Settles the answer as its process does. `usage` replaces USAGE; other fields of `Outcome` are as given."""
        given = outcome.pop("usage", USAGE)
        stated: dict[str, Any] = {"sent": True, "finish_reason": "stop", "model": "maker/small", "provider": "Acme"}
        settled = json.loads(Outcome(state, OutcomeUsage(**USAGE), content, **(stated | outcome)).to_json())
        result: dict[str, Any] = await self.call(
            "select oneai.settle(%s, %s)", message_id, json.dumps(settled | {"usage": given})
        )
        return result

    async def follow(
        self, user: UUID, message_id: UUID, follower: UUID, *, at_once: int = 4, renew: bool = False
    ) -> list[UUID] | None:
        """Follows as `user`, or renews the lease; returns the followers that were ended, None if it was itself."""
        async with self.connection.transaction():
            await self.call("select set_config('role', 'authenticated', true)")
            await self.call("select set_config('request.jwt.claims', %s, true)", json.dumps({"sub": str(user)}))
            limits = json.dumps({"free": at_once})
            ended: list[UUID] | None = await self.call(
                "select oneai.follow(%s, %s, %s, %s)", message_id, follower, not renew, limits
            )
            return ended

    async def expire_answer(self, message_id: UUID, stats: dict[str, Any] | None = None) -> bool:
        """Settles an expired answer as a reader or the job does."""
        argument = None if stats is None else json.dumps(stats)
        return bool(await self.call("select oneai.expire_answer(%s, %s)", message_id, argument))

    async def hold(self, database: Database, user: UUID, *lines: tuple[str, int]) -> UUID:
        """A bare reservation of `(quota_key, held)` lines, without a message."""
        reservation = uuid4()
        database.rows(
            "insert into oneai.reservations "
            "(id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, spend_day) "
            "values (%s, %s, %s, oneai.now() + oneai.lease(), 'free', 'maker/small', 'v1', oneai.today())",
            reservation,
            user,
            user,
        )
        await self.reserve(user, reservation, *lines)
        return reservation

    async def reserve(self, user: UUID, reservation: UUID, *lines: tuple[str, int]) -> None:
        """Holds `(quota_key, held)` lines."""
        rows = [{"quota_key": key, "held": held} for key, held in lines]
        await self.call("select oneai.reserve(%s, %s, %s)", user, reservation, json.dumps(rows))


async def refusal(asked: Awaitable[Any]) -> Refusal:
    """The refusal of `asked`. Fails if it succeeds."""
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


def quota(database: Database, user: UUID, key: str = "small_messages") -> tuple[int, int]:
    """`(used, reserved)`."""
    found: tuple[int, int] = database.one(
        "select used, reserved from oneai.usage_quotas where workspace_id = %s and quota_key = %s", user, key
    )
    return found


def set_quota(database: Database, user: UUID, *, left: int, key: str = "small_messages") -> None:
    """Uses up all but `left` units."""
    database.rows(
        "update oneai.usage_quotas set used = quota_limit - %s where workspace_id = %s and quota_key = %s",
        left,
        user,
        key,
    )


def spend(database: Database) -> tuple[int, int]:
    """`(held, settled)` micro-dollars of all days."""
    found: tuple[int, int] = database.one(
        "select coalesce(sum(held_micro_usd), 0)::integer, coalesce(sum(settled_micro_usd), 0)::integer "
        "from oneai.daily_spend"
    )
    return found
