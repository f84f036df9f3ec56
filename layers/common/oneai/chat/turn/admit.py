"""The start of a turn: every check that can refuse a question, in one round trip.

Two round trips if a question names no model and its conversation, or the user's preferences, have one.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from oneai import alerts, metrics, quota
from oneai.api_keys.token_limit import TokenLimit
from oneai.billing_errors import CreditsExhausted
from oneai.chat.attachments.resolve import ResolvedAttachments, resolve
from oneai.chat.turn.adjust import AdjustedAnswer
from oneai.chat.turn.context import Branch, Summary, from_rows
from oneai.chat.turn.question import Question
from oneai.chat.turn.requested_answers import (
    RequestedAnswer,
    names_no_model,
    not_in_plan,
    question_request,
    refusing_terms,
    requested_answer,
    requested_answers,
    sql_arguments,
)
from oneai.chat.turn.retrieval import Retrieval
from oneai.errors import InvalidRequest, ModelNotInPlan, QuotaExceeded, ServicePaused, UnknownModel, UpstreamUnavailable
from oneai.models import Model, providers
from oneai.plans import PLANS
from oneai.plans.ceiling import daily_ceiling
from oneai.plans.credit_terms import CREDITS
from oneai.plans.model_terms import ModelTerms, first_available
from oneai.postgres import db, request_check, request_refusals
from oneai.postgres.db import Principal

if TYPE_CHECKING:
    from oneai.chatbots.answering.prepare import Asked


@dataclass(frozen=True)
class ConversationOptions:
    """What a conversation says of its answers, for questions that do not: the temperature, and the most tokens of an
    answer. None: as the model has it."""

    temperature: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True)
class Turn:
    """One answer to an admitted question: stored, with its units reserved, and not generated yet.

    `prompt_tokens` are those that were held for its prompt.

    `message` is the question's text, also where the request has none because an answer is regenerated. `quota` is the
    one its unit is reserved of, as `oneai.quota_json` returns it; `budget` the tokens it may write where tokens or cost
    are limited; `created` when the answer was stored, in seconds since 1970; `token_limit` that of the API key;
    `retrieval` where the question is asked about documents, shared by its answers; `daily_ceiling` what the user may
    cost in a day, in micro-dollars (None: no ceiling); `web_searches` how often it may search the web; `adjusted` the
    answer that this one changes; `chatbot` the question as a chatbot was asked it, where one answers. `paid_by` is the
    source that pays: `own_key`, `plan` or `credits`. Only with the plan there are `quota` and `daily_ceiling`.
    `own_key` is the sealed key that pays (`chat.turn.own_key`). `prepares`: vectors of the question, and a whole
    question in its place, are held too; without it, passages are found by words. `options` are those of the
    conversation.
    """

    principal: Principal
    question: Question
    message: str
    message_id: UUID
    conversation_id: UUID
    user_message_id: UUID
    models: list[Model]
    terms: ModelTerms
    branch: Branch
    system_prompt: str | None
    attachments: ResolvedAttachments
    quota: dict[str, Any] | None
    prompt_tokens: int
    budget: int | None
    created: int
    paid_by: str = "plan"
    own_key: dict[str, Any] | None = None
    prepares: bool = True
    token_limit: TokenLimit | None = None
    retrieval: Retrieval | None = None
    web_searches: int = 0
    daily_ceiling: int | None = None
    adjusted: AdjustedAnswer | None = None
    chatbot: "Asked | None" = None
    options: ConversationOptions = ConversationOptions()


@dataclass(frozen=True)
class Replay:
    """The same question was sent again under the same id: its answers are streamed from the start."""

    message_ids: list[UUID]


@dataclass(frozen=True)
class _PreferredModels:
    """The answer to regenerate, the conversation or the user's preferences have a model of their own; nothing is
    admitted yet."""

    models: list[str]


@dataclass(frozen=True)
class _Reservation:
    """The result of `oneai.reserve_answer` for one answer; see `Turn`."""

    quota: dict[str, Any] | None
    prompt_tokens: int
    budget: int | None
    token_limit: TokenLimit | None
    web_searches: int
    paid_by: str = "plan"
    own_key: dict[str, Any] | None = None
    prepares: bool = True

    @classmethod
    def of(cls, row: dict[str, Any]) -> "_Reservation":
        """From the result of `oneai.reserve_answer`."""
        return cls(
            row["quota"],
            row["prompt_tokens"],
            row["budget"],
            TokenLimit.parse(row["token_limit"]),
            row["web_searches"],
            row.get("paid_by", "plan"),
            row.get("own_key"),
            row.get("prepares", True),
        )

    def terms_key(self, tier: str) -> str:
        """The key of the terms that hold for it: those of the tier, of credits, or of own keys."""
        return tier if self.paid_by == "plan" else self.paid_by


@dataclass(frozen=True)
class Admission:
    """The result of `oneai.admit` for an admitted question; `reservations` are in the order of the requested
    answers."""

    conversation_id: UUID
    user_message_id: UUID
    message: str
    tier: str
    system_prompt: str | None
    branch: Branch
    reservations: list[_Reservation]
    spend_percent: int
    created: int
    documents: dict[str, list[str]] | None
    adjusted: dict[str, Any] | None
    options: ConversationOptions = ConversationOptions()


async def admit(
    principal: Principal, question: Question, message_id: UUID | None = None, api_key_id: UUID | None = None
) -> list[Turn] | Replay:
    """Admits the question, with a turn for each answer to it. A refusal is raised, with nothing stored or reserved.

    `message_id` is the id an idempotency key stands for; the question's own takes precedence. The first answer gets it.
    `api_key_id`: the key of the request, whose models, budget and limits hold too.
    """
    first_id = question.message_id or message_id or uuid4()
    request_refusals.describe(
        message_id=first_id,
        conversation_id=question.conversation_id,
        models=question.compare or ([question.model] if question.model else []),
        attachments=len(question.attachments or []),
    )
    try:
        catalogue = await providers.list_models()
        answers = requested_answers(first_id, question, catalogue)
        attachments = await resolve(principal, first_id, question)
    except (UnknownModel, UpstreamUnavailable, InvalidRequest) as refusal:
        return await _find_replay(principal, question, first_id, refusal)
    any_model = names_no_model(question)
    request_refusals.describe(models=[answer.models[0].id for answer in answers])
    result = await _admit(principal, question, answers, attachments, api_key_id, any_model=any_model)
    while isinstance(result, _PreferredModels):
        answers = [requested_answer(first_id, 1, [first_available(catalogue, result.models)])]
        result = await _admit(principal, question, answers, attachments, api_key_id, any_model=False)
    if isinstance(result, Replay):
        return result
    return turns_of(principal, question, answers, attachments, result)


def answer_tokens(turn: Turn) -> int:
    """`max_tokens` of the upstream request: the minimum of the question's, else the conversation's, the plan's and the
    model's. As much is held."""
    asked = turn.question.max_tokens or turn.options.max_tokens
    return min(asked or turn.terms.answer_tokens, turn.terms.answer_tokens)


def temperature(turn: Turn) -> float | None:
    """The temperature of the upstream request: the question's, else the conversation's; None: the model's own."""
    return turn.options.temperature if turn.question.temperature is None else turn.question.temperature


async def _admit(
    principal: Principal,
    question: Question,
    answers: list[RequestedAnswer],
    attachments: ResolvedAttachments,
    api_key_id: UUID | None,
    *,
    any_model: bool,
) -> Admission | Replay | _PreferredModels:
    request, terms, vision_refusal = sql_arguments(question, answers, attachments, any_model=any_model)
    try:
        row = await call_admit(
            principal,
            answers,
            "select oneai.admit(%s, %s, %s, %s, %s)",
            [principal.user_id, answers[0].id, request, terms, api_key_id],
        )
    except InvalidRequest as refusal:
        # Every other refusal takes precedence over the refusal of images.
        raise refusal if refusal.extra or vision_refusal is None else vision_refusal from None
    if models := row.get("preferred_models"):
        return _PreferredModels(models)
    return admission_of(row)


async def call_admit(
    principal: Principal, answers: list[RequestedAnswer], statement: str, arguments: list[Any]
) -> dict[str, Any]:
    """The result of a statement that admits a user's question with these answers, as `oneai.admit` returns it. Refusals
    are raised as the user reads them, and operators are alerted of the daily limit."""
    try:
        (row,) = await db.call(statement, arguments)
    except ModelNotInPlan as refusal:
        raise not_in_plan(answers, refusal) from None
    except QuotaExceeded as refusal:
        raise await quota.record_refusal(principal, refusal, len(answers)) from None
    except ServicePaused as refusal:
        subject = "credits" if refusal.extra.pop("source", None) == CREDITS else "daily"
        await alerts.raise_alert_throttled("spend_limit_reached", subject)
        raise
    except CreditsExhausted as refusal:
        raise await quota.with_credit_alternatives(refusal) from None
    if workspace_id := row.get("workspace_id"):
        # What follows reads the documents of the workspace that pays.
        request_check.enter_workspace(UUID(workspace_id))
    if row.get("expired"):
        metrics.count_expired_lease()
    if (percent := row.get("spend_percent") or 0) >= 80:
        await alerts.raise_alert_throttled("spend_limit_near", "daily", percent=percent)
    if (percent := row.get("credit_percent") or 0) >= 80:
        await alerts.raise_alert_throttled("spend_limit_near", CREDITS, percent=percent)
    admitted: dict[str, Any] = row
    return admitted


def admission_of(row: dict[str, Any]) -> Admission | Replay:
    """The result of `oneai.admit` for a question that was admitted, or had been before. It has also what other
    processes have learned of the operator's providers."""
    if row.get("replay"):
        return Replay([UUID(each) for each in row["message_ids"]])
    providers.learn_set_aside(row.get("set_aside", {}))
    return Admission(
        conversation_id=UUID(row["conversation_id"]),
        user_message_id=UUID(row["user_message_id"]),
        message=row["message"],
        tier=row["tier"],
        system_prompt=row["system_prompt"],
        branch=_branch(row),
        reservations=[_Reservation.of(each) for each in row["reservations"]],
        spend_percent=row["spend_percent"],
        created=row["created"],
        documents=row["documents"],
        adjusted=row["adjusted"],
        options=ConversationOptions(**row.get("options", {})),
    )


def _branch(row: dict[str, Any]) -> Branch:
    branch = row["branch"]
    return Branch(
        history=from_rows(row["history"]),
        messages=branch["messages"],
        summary=branch["summary"] and Summary(**branch["summary"]),
        may_be_summarised=branch["may_be_summarised"],
    )


async def _find_replay(
    principal: Principal,
    question: Question,
    first_id: UUID,
    refusal: UnknownModel | UpstreamUnavailable | InvalidRequest,
) -> Replay:
    """The replay of a question that was asked while its model and files still existed. Otherwise raises what
    `oneai.admit` refuses it for, or `refusal`, the missing model or file, where that is nothing else."""
    request = question_request(question).to_json()
    try:
        (row,) = await db.call(
            "select oneai.admit(%s, %s, %s, %s)", [principal.user_id, first_id, request, refusing_terms(refusal)]
        )
    except type(refusal) as error:
        raise (error if error.extra else refusal) from None
    return Replay([UUID(each) for each in row["message_ids"]])


def turns_of(
    principal: Principal,
    question: Question,
    answers: list[RequestedAnswer],
    attachments: ResolvedAttachments,
    admission: Admission,
) -> list[Turn]:
    """A turn for each requested answer; they share all but id, models, terms and reservation."""
    retrieval = _retrieval(principal, answers, admission)
    return [
        Turn(
            principal=principal,
            question=question,
            message=admission.message,
            message_id=answer.id,
            conversation_id=admission.conversation_id,
            user_message_id=admission.user_message_id,
            models=_priced(answer.models, reservation),
            terms=answer.terms[reservation.terms_key(admission.tier)],
            branch=admission.branch,
            system_prompt=admission.system_prompt,
            attachments=attachments,
            quota=reservation.quota,
            prompt_tokens=reservation.prompt_tokens,
            budget=reservation.budget,
            created=admission.created,
            paid_by=reservation.paid_by,
            own_key=reservation.own_key,
            prepares=reservation.prepares,
            token_limit=reservation.token_limit,
            retrieval=retrieval,
            web_searches=reservation.web_searches,
            daily_ceiling=daily_ceiling(PLANS[admission.tier]) if reservation.paid_by == "plan" else None,
            adjusted=AdjustedAnswer.parse(admission.adjusted, question.adjust),
            options=admission.options,
        )
        for answer, reservation in zip(answers, admission.reservations, strict=True)
    ]


def _priced(models: list[Model], reservation: _Reservation) -> list[Model]:
    """The models that may be asked: with an own key that of its route, at the price of its provider."""
    if reservation.own_key is None:
        return models
    from oneai.models.own_key_routes import priced

    return priced(models, reservation.own_key["provider"], reservation.own_key["model"])


def _retrieval(principal: Principal, answers: list[RequestedAnswer], admission: Admission) -> Retrieval | None:
    """The search for passages for these answers; None if the question names no documents."""
    if admission.documents is None:
        return None
    documents, attached, collections = (
        [UUID(each) for each in admission.documents.get(kind, ())] for kind in ("documents", "attached", "collections")
    )
    input_tokens = min(
        answer.terms[reservation.terms_key(admission.tier)].input_tokens
        for answer, reservation in zip(answers, admission.reservations, strict=True)
    )
    return Retrieval(
        principal,
        admission.message,
        documents + attached,
        collections,
        input_tokens,
        answer_id=answers[0].id,
        own_key=admission.reservations[0].own_key,
        # A vector that is not held is not asked for.
        by_words=not admission.reservations[0].prepares,
    )
