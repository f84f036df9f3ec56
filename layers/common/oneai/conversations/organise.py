"""Creates and updates conversations."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from oneai.conversations.conversation import AUTHORS_COLUMNS, NOT_EXPIRED, Conversation, Visibility, require_author
from oneai.conversations.fields import (
    MAX_TOKENS,
    TEMPERATURE,
    Folder,
    MaxTokens,
    Metadata,
    ModelId,
    SystemPrompt,
    Tags,
    Temperature,
    Title,
)
from oneai.errors import AccountSuspended, PreconditionFailed
from oneai.models import providers
from oneai.plans.model_terms import resolve_models
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.times import Moment


class NewConversation(BaseModel):
    """The body of `POST /api/conversations`: what is known before the first question."""

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(default=None, description="The title, which no model replaces.")
    system_prompt: SystemPrompt | None = Field(
        default=None, description="The instructions that its models receive first."
    )
    model: ModelId | None = Field(default=None, description="The model for questions without `model`.")
    web_search: StrictBool = Field(
        default=False, description="Whether models search the web for questions without `web_search`."
    )
    temperature: Temperature | None = Field(default=None, description=TEMPERATURE)
    max_tokens: MaxTokens | None = Field(default=None, description=MAX_TOKENS)
    metadata: Metadata = Field(default_factory=dict, description="Any JSON object of the client, up to 16,000 bytes.")


class ConversationChanges(BaseModel):
    """The body of `PATCH /api/conversations/{id}`. Absent fields remain unchanged; null removes a value.

    `metadata` and `tags` are replaced as a whole. Without a title the conversation counts as never named.
    """

    model_config = ConfigDict(extra="forbid")

    title: Title | None = Field(
        default=None, description="Null: the conversation counts as never named, and a model may name it."
    )
    system_prompt: SystemPrompt | None = Field(
        default=None, description="The instructions that its models receive first."
    )
    model: ModelId | None = Field(
        default=None, description="The model for questions without `model`. Null: the operator's default."
    )
    metadata: Metadata | None = Field(default=None, description="Replaces the whole object, up to 16,000 bytes.")
    tags: Tags | None = Field(default=None, description="Replaces all tags.")
    folder: Folder | None = Field(default=None, description="Null: in none.")
    # A factory, because a plain default would appear in OpenAPI as `false`, but absent fields remain unchanged.
    pinned: StrictBool = Field(default_factory=bool, description="Whether the app shows it at the top.")
    archived: StrictBool = Field(default_factory=bool, description="Archives it, or with `false` restores it.")
    web_search: StrictBool = Field(
        default_factory=bool, description="Whether models search the web for questions without `web_search`."
    )
    temperature: Temperature | None = Field(default=None, description=TEMPERATURE)
    max_tokens: MaxTokens | None = Field(default=None, description=MAX_TOKENS)
    visibility: Visibility = Field(
        default_factory=lambda: "private",
        description="Only in a workspace of a team: who reads it. A temporary conversation is never shared.",
    )
    updated_at: Moment | None = Field(
        default=None, description="The value that the client read. If it has changed since, the answer is 412."
    )

    def columns(self) -> dict[str, Any]:
        """The columns to change, by name."""
        fields = self.model_dump(exclude_unset=True, exclude={"updated_at"})
        empty: dict[str, Any] = {"metadata": {}, "tags": []}
        return {name: empty.get(name) if value is None else value for name, value in fields.items()}


class NewTitle(BaseModel):
    """The body of `PUT /api/conversations/{id}/title`."""

    model_config = ConfigDict(extra="forbid")

    title: Title = Field(description="The title, on one line.")


async def create(principal: Principal, new: NewConversation) -> Conversation:
    """Creates an empty conversation. Raises AccountSuspended, UnknownModel, and UpstreamUnavailable if a model is given
    and the catalogue is unavailable."""
    new = new.model_copy(update={"model": await _resolve_model(new.model)})
    rows = await _insert(principal, new)
    if not rows:
        # The user is suspended, or their sign-up is incomplete.
        await db.call("select oneai.ensure_user(%s)", [principal.user_id], idempotent=True)
        rows = await _insert(principal, new)
    if not rows:
        raise AccountSuspended
    return rows[0]


async def _resolve_model(model: str | None) -> str | None:
    """The id of the model with that name."""
    return None if model is None else resolve_models(await providers.list_models(), model, [])[0].id


async def _insert(principal: Principal, new: NewConversation) -> list[Conversation]:
    return await db.as_service(
        f"""
        insert into oneai.conversations as c (
          user_id, workspace_id, title, title_source, system_prompt, model, web_search, temperature, max_tokens,
          metadata)
        select u.id, w.id, new.title, case when new.title is null then 'auto' else 'person' end, new.system_prompt,
          new.model, new.web_search, new.temperature, new.max_tokens, new.metadata
        from jsonb_to_record(%s) as new (title text, system_prompt text, model text, web_search boolean,
          temperature real, max_tokens integer, metadata jsonb)
        join oneai.users as u on u.id = %s and u.suspended_at is null join oneai.workspaces as w on w.id = %s
        returning {AUTHORS_COLUMNS}
        """,
        [json.dumps(new.model_dump(), ensure_ascii=False), principal.user_id, principal.workspace_id],
        Conversation,
    )


async def update(
    principal: Principal, conversation_id: UUID, changes: ConversationChanges, unmodified_since: datetime | None = None
) -> Conversation:
    """Updates the given fields, unless the conversation changed after `unmodified_since` (whole seconds, as in HTTP).

    Raises NotFound, Forbidden for another's, PreconditionFailed, RoleInsufficient where the user only reads the
    workspace, UnknownModel, and UpstreamUnavailable if a model is given and the catalogue is unavailable. If it is to
    be shared: PersonalWorkspace, and InvalidRequest for a temporary one.
    """
    columns = changes.columns()
    if "model" in columns:
        columns["model"] = await _resolve_model(columns["model"])
    changed = await db.as_service(
        f"""
        update oneai.conversations as c set
          title = case when change ? 'title' then change ->> 'title' else c.title end,
          title_source = case
            when not change ? 'title' then c.title_source when change ->> 'title' is null then 'auto' else 'person' end,
          system_prompt = case when change ? 'system_prompt' then change ->> 'system_prompt' else c.system_prompt end,
          model = case when change ? 'model' then change ->> 'model' else c.model end,
          web_search = coalesce((change ->> 'web_search')::boolean, c.web_search),
          temperature = case when change ? 'temperature' then (change ->> 'temperature')::real else c.temperature end,
          max_tokens = case when change ? 'max_tokens' then (change ->> 'max_tokens')::integer else c.max_tokens end,
          metadata = coalesce(change -> 'metadata', c.metadata),
          tags = case when not change ? 'tags' then c.tags
            else array(select jsonb_array_elements_text(change -> 'tags')) end,
          folder = case when change ? 'folder' then change ->> 'folder' else c.folder end,
          pinned = coalesce((change ->> 'pinned')::boolean, c.pinned),
          archived = coalesce((change ->> 'archived')::boolean, c.archived),
          visibility = coalesce(change ->> 'visibility', c.visibility),
          updated_at = case when change = '{{}}' then c.updated_at else oneai.now() end
        from cast(%s as jsonb) as change
        where c.id = %s and c.user_id = %s and oneai.may_write(%s, c.workspace_id) and {NOT_EXPIRED}
          and (%s::timestamptz is null or c.updated_at = %s)
          and (%s::timestamptz is null or date_trunc('second', c.updated_at) <= %s)
        returning {AUTHORS_COLUMNS}
        """,
        [
            *(json.dumps(columns, ensure_ascii=False), conversation_id, principal.user_id, principal.user_id),
            *(changes.updated_at, changes.updated_at, unmodified_since, unmodified_since),
        ],
        Conversation,
    )
    if not changed:
        await require_author(principal, conversation_id)
        raise PreconditionFailed
    return changed[0]
