"""Runs of a chatbot's evaluations, as the team reads, compares and cancels them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors
from oneai.chatbots.answering.outcome import Outcome
from oneai.chatbots.evaluation_checks import CheckFailure
from oneai.postgres import db
from oneai.postgres.db import Principal


class EvaluationRun(BaseModel):
    """A run: each evaluation of a chatbot, asked once."""

    run_id: UUID = Field(description="Its id.")
    version: int | Literal["draft"] = Field(description="What answers: a version, or the draft as it was then.")
    state: Literal["running", "complete", "cancelled", "failed"] = Field(description="Whether it goes on.")
    problem: str | None = Field(description="Why it failed: the code of a refusal, `plan_changed`, or `draft_changed`.")
    is_current: bool = Field(description="Whether the draft is still what was asked.")
    total: int = Field(description="Its questions.")
    done: int = Field(description="Those that are answered, or will not be asked.")
    passed: int = Field(description="Those whose answer passed all checks.")
    cost_micro_usd: int = Field(description="What the answers cost so far, in micro-dollars.")
    charged: int = Field(description="The units that were charged.")
    created_at: datetime = Field(description="When it started.")
    ended_at: datetime | None = Field(description="When it ended; null: it runs.")


class EvaluationResult(BaseModel):
    """A question of a run, as it was when the run started."""

    evaluation_id: UUID = Field(description="The evaluation, which may be changed or deleted since.")
    question: str = Field(description="The question.")
    state: Literal["waiting", "running", "passed", "not_passed", "failed", "not_asked"] = Field(
        description="`failed`: no answer came; `not_asked`: the run ended before."
    )
    failures: list[CheckFailure] = Field(description="The checks that the answer did not pass.")
    outcome: Outcome | None = Field(description="How the answer turned out; null: there is none.")
    answer: str | None = Field(description="The answer; null: there is none.")
    error_code: str | None = Field(description="Why no answer came.")
    cost_micro_usd: int = Field(description="What it cost, in micro-dollars.")
    charged: int = Field(description="The units that were charged.")


class EvaluationRunDetail(EvaluationRun):
    """A run with its results."""

    results: list[EvaluationResult] = Field(description="In the order of the evaluations.")


class EvaluationRunPage(BaseModel):
    """A page of runs."""

    items: list[EvaluationRun] = Field(description="The runs, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class ChangedQuestion(BaseModel):
    """A question whose answer passed in one run and not in the other."""

    evaluation_id: UUID = Field(description="The evaluation.")
    question: str = Field(description="Its question.")


class RunComparison(BaseModel):
    """What changed between two runs, for questions that both asked with the same checks."""

    better: list[ChangedQuestion] = Field(description="Those that pass only in the later run.")
    worse: list[ChangedQuestion] = Field(description="Those that passed only in the earlier one.")
    same: int = Field(description="How many did not change.")


async def list_runs(
    principal: Principal,
    chatbot_id: UUID,
    *,
    version: int | Literal["draft"] | None,
    limit: int,
    cursor: str | None,
) -> EvaluationRunPage:
    """The runs of a chatbot, newest first; `version`: only those of it. Raises ChatbotNotFound, InvalidRequest for an
    invalid cursor."""
    after, after_id = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    (rows,) = await db.call(
        "select oneai.list_evaluation_runs(%s, %s, %s, %s, %s, %s)",
        [
            *(principal.user_id, chatbot_id, 0 if version == "draft" else version),
            None if after is None else cursors.parse_time(after),
            None if after_id is None else cursors.parse(UUID, after_id),
            limit + 1,
        ],
        idempotent=True,
    )
    items = [EvaluationRun.model_validate(row) for row in rows[:limit]]
    more = len(rows) > limit
    return EvaluationRunPage(
        items=items,
        next_cursor=cursors.encode(items[-1].created_at.isoformat(), str(items[-1].run_id)) if more else None,
    )


async def show_run(principal: Principal, chatbot_id: UUID, run_id: UUID) -> EvaluationRunDetail:
    """A run with its results so far. Raises ChatbotNotFound, NotFound."""
    (row,) = await db.call(
        "select oneai.show_evaluation_run(%s, %s, %s)", [principal.user_id, chatbot_id, run_id], idempotent=True
    )
    return EvaluationRunDetail.model_validate(row)


async def cancel_run(principal: Principal, chatbot_id: UUID, run_id: UUID) -> EvaluationRun:
    """Ends a run; what it has not asked costs nothing. Raises ChatbotNotFound, NotFound, RoleInsufficient."""
    (row,) = await db.call(
        "select oneai.cancel_evaluation_run(%s, %s, %s)", [principal.user_id, chatbot_id, run_id], idempotent=True
    )
    return EvaluationRun.model_validate(row)


async def compare_runs(principal: Principal, chatbot_id: UUID, before: UUID, after: UUID) -> RunComparison:
    """What changed from one run to another of the same chatbot. Raises ChatbotNotFound, NotFound."""
    (row,) = await db.call(
        "select oneai.compare_evaluation_runs_of(%s, %s, %s, %s)",
        [principal.user_id, chatbot_id, before, after],
        idempotent=True,
    )
    return RunComparison.model_validate(row)
