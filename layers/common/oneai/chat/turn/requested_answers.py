"""The answers that a question requests, and the arguments of `oneai.admit` and `oneai.quote`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

from oneai import settings
from oneai.chat.attachments.content_parts import all_draw, all_support_vision
from oneai.chat.attachments.resolve import ResolvedAttachments
from oneai.chat.turn.answer_terms import terms_by_tier, terms_json
from oneai.chat.turn.first_words import first_words
from oneai.chat.turn.identified_question import IdentifiedQuestion
from oneai.chat.turn.prompted_question import KEPT_SECONDS, PromptedQuestion
from oneai.chat.turn.question import Question
from oneai.chat.turn.question_request import AnswerRequest, AttachedFile, QuestionRequest
from oneai.chat.turn.retrieval import PASSAGES_BYTES
from oneai.errors import InvalidRequest, ModelNotInPlan, OneAIError
from oneai.field_errors import invalid
from oneai.models import Model
from oneai.plans import PLANS, ladder_with
from oneai.plans.ceiling import credit_spend_limit, daily_spend_limit
from oneai.plans.credit_terms import CREDITS
from oneai.plans.model_terms import ModelTerms, resolve_models
from oneai.plans.own_key_terms import OWN_KEY
from oneai.plans.request_terms import TierTerms, terms_to_json
from oneai.plans.title_model import SummarySettings, TitleSettings
from oneai.postgres import request_check


@dataclass(frozen=True)
class ChatSettings:
    """`require_confirmed_email` refuses users who have not confirmed their address."""

    require_confirmed_email: bool = False


@dataclass(frozen=True)
class RequestedAnswer:
    """One answer to generate, and its terms by tier; the first of `models` is tried first."""

    id: UUID
    models: list[Model]
    terms: dict[str, ModelTerms]


def requested_answers(first_id: UUID, question: Question, catalogue: Sequence[Model]) -> list[RequestedAnswer]:
    """The requested answers, one unless models are compared.

    Raises UnknownModel, UpstreamUnavailable, and InvalidRequest if two names refer to the same model.
    """
    answers = [
        requested_answer(first_id, n, resolve_models(catalogue, name, question.models))
        for n, name in enumerate(question.compare or [question.model], start=1)
    ]
    if len({answer.models[0].id for answer in answers}) < len(answers):
        raise invalid("compare", "repeated", "Each model may occur once.")
    return answers


def requested_answer(first_id: UUID, n: int, models: list[Model]) -> RequestedAnswer:
    """The n-th answer, by these models. Its id is `first_id` for the first, else `uuid5(first_id, n)`."""
    return RequestedAnswer(first_id if n == 1 else uuid5(first_id, str(n)), models, terms_by_tier(models))


def not_in_plan(answers: list[RequestedAnswer], refusal: ModelNotInPlan) -> ModelNotInPlan:
    """The refusal of models that the plan does not include, with those plans of its ladder that include all of them.
    `refusal` is that of Postgres, which names the workspace's tier."""
    plans_with = [
        plan
        for plan in ladder_with(refusal.extra.get("tier", ""))
        if plan.listed and all(each.terms[plan.tier].refusal is None for each in answers)
    ]
    names = " and ".join(plan.name for plan in plans_with)
    has = f" {names} {'has' if len(plans_with) == 1 else 'have'} it." if plans_with else ""
    return ModelNotInPlan(f"{ModelNotInPlan.sentence}{has}", plans=[plan.tier for plan in plans_with])


def names_no_model(question: Question) -> bool:
    """Whether the model of the conversation or of the regenerated answer precedes the operator's default."""
    return not (question.compare or question.model or question.models)


def sql_arguments(
    question: Question,
    answers: list[RequestedAnswer],
    attachments: ResolvedAttachments,
    *,
    any_model: bool,
    more_bytes: int = 0,
    metadata: dict[str, Any] | None = None,
    provider: str = "openrouter",
) -> tuple[str, str, InvalidRequest | None]:
    """`p_request` and `p_terms` of `oneai.admit`; and the refusal of images for models that see or draw none, which is
    raised only where nothing else refuses the question. `more_bytes` are those that the prompt has besides the
    question, its attachments and the conversation; `metadata` is stored with the question; `provider` is the one
    that a chatbot names."""
    prompted_bytes = question.prompt_bytes if isinstance(question, PromptedQuestion) else 0
    request = replace(
        question_request(question),
        any_model=any_model,
        answers=[
            AnswerRequest(str(answer.id), answer.models[0].id, [model.id for model in answer.models[1:]])
            for answer in answers
        ],
        chosen_model=answers[0].models[0].id if question.model or question.models else None,
        prompt_bytes_extra=attachments.prompt_bytes()
        + prompted_bytes
        + (question.adjust.prompt_bytes() if question.adjust else 0)
        + more_bytes,
        metadata=({"attachments": attachments.items} if attachments.items else {}) | (metadata or {}) or None,
        attached=[AttachedFile(str(each), name) for name, each in attachments.documents.items()] or None,
    )
    models = [model for answer in answers for model in answer.models]
    vision_refusal = attachments.vision_refusal(models, "compare" if question.compare else "model")
    if isinstance(question, PromptedQuestion) and question.has_images and not all_support_vision(models):
        vision_refusal = invalid("messages", "no_vision", f"{models[0].name} cannot see images.")
    if isinstance(question, PromptedQuestion) and question.wants_images and not all_draw(models):
        vision_refusal = invalid("modalities", "unsupported_type", f"{models[0].id} draws no images.")
    terms = refusing_terms(vision_refusal) if vision_refusal else _terms(question, answers, attachments, provider)
    return request.to_json(), terms, vision_refusal


def _terms(question: Question, answers: list[RequestedAnswer], attachments: ResolvedAttachments, provider: str) -> str:
    # Attached texts, and a history that the question brings, are part of the message.
    characters = attachments.characters()
    if isinstance(question, PromptedQuestion):
        characters += question.prompt_characters - len(question.message or "")
    return terms_json([answer.models for answer in answers], question.max_tokens, characters, provider)


def question_request(question: Question) -> QuestionRequest:
    """The part of `p_request` that depends on neither models nor attachments."""
    prompted = question if isinstance(question, PromptedQuestion) else None
    identified = question if isinstance(question, IdentifiedQuestion) else None
    return QuestionRequest(
        conversation_id=_text(question.conversation_id),
        begins_conversation=identified is not None,
        question_id=_text(identified.question_id) if identified else None,
        edit_of=_text(question.edit_of),
        regenerate_of=_text(question.regenerate_of),
        adjust=question.adjust.to_request() if question.adjust else None,
        temporary=question.temporary,
        temporary_seconds=KEPT_SECONDS if prompted else None,
        has_prompt=prompted is not None,
        is_retry=prompted is not None and prompted.is_retry,
        message=question.message,
        title=None if question.message is None or question.temporary else first_words(question.message),
        documents=_texts(question.documents),
        collections=_texts(question.collections),
        passages_bytes=PASSAGES_BYTES,
        web_search=question.web_search,
        max_tokens=question.max_tokens,
        fingerprint=question.fingerprint(),
        require_confirmed=settings.read(ChatSettings).require_confirmed_email,
        spend_limit_micro_usd=daily_spend_limit(),
        credit_limit_micro_usd=credit_spend_limit(),
        team_rate=request_check.unconsumed_team_rate(),
        titles=settings.read(TitleSettings).auto_titles,
        summaries=settings.read(SummarySettings).auto_summaries,
    )


def _text(id_: UUID | None) -> str | None:
    return None if id_ is None else str(id_)


def _texts(ids: list[UUID] | None) -> list[str] | None:
    return None if ids is None else [str(each) for each in ids]


def refusing_terms(refusal: OneAIError) -> str:
    """Terms that refuse every new question with this code, while a replay still finds its answers."""
    return terms_to_json({tier: TierTerms(refusal=refusal.code) for tier in (*PLANS, CREDITS, OWN_KEY)})
