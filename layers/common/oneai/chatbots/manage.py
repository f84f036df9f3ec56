"""Makes, lists, shows, changes, copies and deletes chatbots."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from oneai import cursors
from oneai.chatbots.answering.templates import template
from oneai.chatbots.chatbot import Chatbot, ChatbotChanges, ChatbotDetail, ChatbotFigures, ChatbotPage, NewChatbot
from oneai.chatbots.fields import RETENTION_DAYS, ChatbotStatus, Limits, UseCase, flat
from oneai.errors import UnknownModel
from oneai.field_errors import invalid
from oneai.models import Model, own_models, providers
from oneai.plans.model_terms import resolve_models
from oneai.postgres import db
from oneai.postgres.db import Principal

# For how many days a deleted chatbot can be restored.
RESTORABLE_DAYS = 30
# What these modes ask of a model: its verdict is a field of an object, before the first letter of the answer.
_STRUCTURED = ("documents_only", "documents_first")
# The fields that null sets back.
_OPTIONAL = {"use_case", "temperature"}


async def create_chatbot(principal: Principal, new: NewChatbot) -> Chatbot:
    """Makes a chatbot as a draft in the request's workspace; without a prompt it begins with that of its use case.

    Raises RoleInsufficient, also for a member who sets limits, domains or the proof of work without being an admin;
    ChatbotLimitReached; InvalidRequest for an unknown model or document.
    """
    if new.use_case and not new.system_prompt:
        new = new.model_copy(update={"system_prompt": template(new.use_case, new.widget.languages[0]).prompt})
    fields = new.model_dump(mode="json")
    managed = new.limits != Limits() or new.widget.domains != [] or new.widget.proof_of_work != "auto"
    managed = managed or new.retention_days != RETENTION_DAYS
    stated = new.provider if "provider" in new.model_fields_set else None
    fields["provider"] = await require_models(new.model, new.fallbacks, new.knowledge.mode, stated)
    (made,) = await db.call(
        "select oneai.create_chatbot(%s, %s, %s, %s)",
        [principal.user_id, principal.workspace_id, _json(flat(fields)), managed],
    )
    return shown(made)


async def list_chatbots(
    principal: Principal,
    *,
    search: str | None,
    use_case: UseCase | None,
    status: ChatbotStatus | None,
    deleted: bool = False,
    limit: int,
    cursor: str | None,
) -> ChatbotPage:
    """Returns the workspace's chatbots, newest first, or with `deleted` those that can be restored or still have
    conversations; `search` is a part of the name. Raises InvalidRequest for an invalid cursor."""
    after, after_id = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    (rows,) = await db.call(
        "select coalesce(jsonb_agg(c), '[]') from oneai.list_chatbots(%s, %s, %s, %s, %s, %s, %s, %s, %s) as c",
        [
            *(principal.user_id, principal.workspace_id, search, use_case, status, deleted),
            None if after is None else cursors.parse_time(after),
            None if after_id is None else cursors.parse(UUID, after_id),
            limit + 1,
        ],
    )
    items = [shown(row) for row in rows[:limit]]
    more = len(rows) > limit
    return ChatbotPage(
        items=items, next_cursor=cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if more else None
    )


async def show_chatbot(principal: Principal, chatbot_id: UUID) -> ChatbotDetail:
    """A chatbot, also a deleted one until it is erased. Raises ChatbotNotFound."""
    (found,) = await db.call("select oneai.show_chatbot(%s, %s)", [principal.user_id, chatbot_id])
    return ChatbotDetail.model_validate(found)


async def change_chatbot(principal: Principal, chatbot_id: UUID, changes: ChatbotChanges) -> Chatbot:
    """Sets the given fields: of the draft, or at once for limits, domains and the proof of work. Raises
    ChatbotNotFound, RoleInsufficient, InvalidRequest for an unknown model or document."""
    sent = changes.model_dump(mode="json", exclude_unset=True)
    fields = {name: value for name, value in sent.items() if value is not None or name in _OPTIONAL}
    mode = fields.get("knowledge", {}).get("mode")
    provider = await require_models(fields.get("model"), fields.get("fallbacks", []), mode, fields.get("provider"))
    if provider is not None:
        fields["provider"] = provider
    (changed,) = await db.call(
        "select oneai.change_chatbot(%s, %s, %s)", [principal.user_id, chatbot_id, _json(flat(fields))]
    )
    return shown(changed)


async def duplicate_chatbot(
    principal: Principal, chatbot_id: UUID, *, name: str | None, with_knowledge: bool
) -> Chatbot:
    """Copies the draft to a new chatbot, which is not published and has no domains. Raises ChatbotNotFound,
    RoleInsufficient, ChatbotLimitReached."""
    (made,) = await db.call(
        "select oneai.duplicate_chatbot(%s, %s, %s, %s)", [principal.user_id, chatbot_id, name, with_knowledge]
    )
    return shown(made)


async def show_stats(principal: Principal, chatbot_id: UUID, days: int) -> ChatbotFigures:
    """The figures of a chatbot, with its last `days` days. Raises ChatbotNotFound."""
    (figures,) = await db.call("select oneai.show_chatbot_stats(%s, %s, %s)", [principal.user_id, chatbot_id, days])
    return ChatbotFigures.model_validate(figures)


async def reset_chatbot(principal: Principal, chatbot_id: UUID) -> Chatbot:
    """Lets its figures start again from now; the ledger and its limits stay. Raises ChatbotNotFound,
    RoleInsufficient."""
    (reset,) = await db.call("select oneai.reset_chatbot(%s, %s)", [principal.user_id, chatbot_id])
    return shown(reset)


async def delete_chatbot(
    principal: Principal, chatbot_id: UUID, *, keep_conversations: bool, with_documents: bool
) -> None:
    """Deletes a chatbot; it can be restored for RESTORABLE_DAYS, and is then erased, with the documents that it alone
    names if that is chosen. Members read kept conversations until they expire. Raises ChatbotNotFound,
    RoleInsufficient."""
    await db.call(
        "select oneai.delete_chatbot(%s, %s, %s, %s, %s)",
        [principal.user_id, chatbot_id, keep_conversations, with_documents, RESTORABLE_DAYS],
    )


async def restore_chatbot(principal: Principal, chatbot_id: UUID) -> Chatbot:
    """Restores a deleted chatbot; it is paused if it was published. Raises ChatbotNotFound, RoleInsufficient,
    ChatbotLimitReached, and DeletionFinal after its days."""
    (restored,) = await db.call("select oneai.restore_chatbot(%s, %s)", [principal.user_id, chatbot_id])
    return shown(restored)


def shown(row: dict[str, Any]) -> Chatbot:
    """A chatbot as `oneai.chatbot_json` returns it."""
    return Chatbot.model_validate(row)


async def require_models(
    model: str | None, fallbacks: list[str], mode: str | None, provider: str | None = None
) -> str | None:
    """The provider of the model where it follows from it: `provider` is the one that is stated.

    Raises InvalidRequest for a model that neither the catalogue nor a workspace's own key has, for one without
    structured output where the mode needs it, and for a provider that does not offer the model; UpstreamUnavailable if
    the catalogue was never read.
    """
    named = [("model", model)] if model else []
    named += [(f"fallbacks.{place}", name) for place, name in enumerate(fallbacks)]
    if not named:
        return None
    catalogue = await providers.list_models()
    known = {each.id: each for each in catalogue}
    for field, name in named:
        if name not in known:
            known[name] = _of_own_key(catalogue, field, name)
        if mode in _STRUCTURED and "structured_outputs" not in known[name].supported_parameters:
            raise invalid(
                field,
                "no_structured_output",
                "This model cannot say whether the documents have an answer. Choose another.",
            )
    return _provider_of(known[model], provider) if model else None


def _of_own_key(catalogue: Sequence[Model], field: str, name: str) -> Model:
    """The model of this id that only a workspace's own key reaches. Raises InvalidRequest."""
    try:
        (model,) = resolve_models(catalogue, name, [])
    except UnknownModel:
        model = None
    if model is None or model.by_operator:
        raise invalid(field, "unknown_model", f"There is no model {name[:100]!r}.")
    return model


def _provider_of(model: Model, stated: str | None) -> str:
    """The stated provider, else OpenRouter, unless only another one has the model. Raises InvalidRequest for a provider
    that does not offer the model."""
    offering = [route.provider for route in own_models.routes_of(model)]
    if len(offering) == 1 and stated in (None, "openrouter"):
        return offering[0]
    if stated not in (None, "openrouter", *offering):
        raise invalid("provider", "not_a_choice", "This provider does not offer the model.")
    return stated or "openrouter"


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False)
