"""A user's preferences: kinds of mail, language, theme, default and favourite models, and custom instructions."""

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from oneai.errors import Unauthenticated
from oneai.models import providers
from oneai.plans.model_terms import resolve_models
from oneai.postgres import db
from oneai.postgres.db import Principal, Query
from oneai.text import is_blank, replace_nul

type Language = Literal["en", "hi"]
type Theme = Literal["system", "light", "dark"]

# oneai.preferences has the same limit.
INSTRUCTIONS_CHARACTERS = 8_000
FAVOURITE_MODELS = 50


def _trimmed(text: str) -> str | None:
    """The trimmed text; None if nothing of it is visible."""
    return None if is_blank(text) else replace_nul(text).strip()


# Not a `type`: OpenAPI would make a schema of it.
ModelId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(replace_nul)]


class Notifications(BaseModel):
    """Kinds of email that the user can turn off."""

    quota: bool = Field(description="Emails about quotas that are nearly used up.")
    summary: bool = Field(description="A monthly summary.")
    product: bool = Field(description="News about the product; off by default.")


class Preferences(BaseModel):
    """The answer of `GET /api/user/preferences`."""

    notifications: Notifications = Field(
        description="The kinds of email that the user receives. Receipts are always sent."
    )
    language: Language = Field(description="The language of emails and of the app.")
    theme: Theme = Field(description="The colours of the app; `system` follows the device.")
    default_model: str | None = Field(
        description="The model if neither the question nor its conversation names one. Null: the operator's default."
    )
    favourite_models: list[str] = Field(description="The ids of models that the user marked, latest first.")
    custom_instructions: str | None = Field(
        description="Instructions for models in every conversation, before its system prompt. Null: none."
    )
    summarise_conversations: bool = Field(
        description="Whether the oldest messages of a long conversation are summarised for the model."
    )
    version: int = Field(description="The number of changes so far.")


class NotificationChanges(BaseModel):
    """The kinds of email to change."""

    model_config = ConfigDict(extra="forbid", strict=True)

    quota: bool | None = Field(default=None, description="Emails about quotas that are nearly used up.")
    summary: bool | None = Field(default=None, description="A monthly summary.")
    product: bool | None = Field(default=None, description="News about the product; off by default.")


class PreferenceChanges(BaseModel):
    """The body of `PATCH /api/user/preferences`. Absent fields remain unchanged.

    Null clears `default_model` and `custom_instructions`, and leaves the other fields unchanged.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    notifications: NotificationChanges | None = Field(
        default=None, description="The kinds of email to change; absent or null fields remain unchanged."
    )
    language: Language | None = Field(default=None, description="The language of emails; absent or null: unchanged.")
    theme: Theme | None = Field(default=None, description="The app's colours; absent or null: unchanged.")
    default_model: ModelId | None = Field(
        default=None, description="An id of `GET /api/chat/models`. Null: the operator's default."
    )
    favourite_models: Annotated[list[ModelId], Field(max_length=FAVOURITE_MODELS)] | None = Field(
        default=None,
        description="All ids of models that the user marked, latest first; repeated ones count once. Ids that are not "
        "in `GET /api/chat/models` are kept, since models may return. Absent or null: unchanged.",
    )
    custom_instructions: Annotated[str, Field(max_length=INSTRUCTIONS_CHARACTERS), AfterValidator(_trimmed)] | None = (
        Field(default=None, description="Instructions for models in every conversation. Null or empty: none.")
    )
    summarise_conversations: bool | None = Field(
        default=None, description="Whether long conversations are summarised for models; absent or null: unchanged."
    )
    version: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = Field(
        default=None, description="The version that the client read. If it has changed since, the answer is 412."
    )


class PreferencesRow(BaseModel):
    """A row of oneai.preferences; the defaults are those of users without a row."""

    quota: bool = True
    summary: bool = True
    product: bool = False
    language: Language = "en"
    theme: Theme = "system"
    default_model: str | None = None
    favourite_models: list[str] = []
    custom_instructions: str | None = None
    summarise_conversations: bool = True
    version: int = 0

    def preferences(self) -> Preferences:
        """The preferences as clients receive them."""
        notifications = Notifications(quota=self.quota, summary=self.summary, product=self.product)
        fields = self.model_dump(exclude={"quota", "summary", "product"})
        return Preferences(notifications=notifications, **fields)


def preferences_query(principal: Principal) -> Query[PreferencesRow]:
    """Selects the user's preferences; no row if the user never changed them."""
    return Query(
        """
        select quota, summary, product, language, theme, default_model, favourite_models, custom_instructions,
          summarise_conversations, version
        from oneai.preferences where user_id = %s
        """,
        [principal.user_id],
        PreferencesRow,
    )


async def get_preferences(principal: Principal) -> Preferences:
    """Returns the user's preferences. The defaults are all mail, English, no model and no instructions."""
    query = preferences_query(principal)
    rows = await db.read_as(principal, query.text, query.params, query.row)
    return (rows[0] if rows else PreferencesRow()).preferences()


async def update_preferences(principal: Principal, changes: PreferenceChanges) -> Preferences:
    """Changes the given fields and returns all.

    Raises PreconditionFailed if `version` is not the current one, Unauthenticated for a deleted user, and for a named
    model UnknownModel, or UpstreamUnavailable if the catalogue is unavailable.
    """
    fields = changes.model_dump(exclude_unset=True)
    if changes.default_model is not None:
        fields["default_model"] = await _model_id(changes.default_model)
    if changes.favourite_models is not None:
        fields["favourite_models"] = list(dict.fromkeys(changes.favourite_models))
    (row,) = await db.call(
        "select to_jsonb(oneai.update_preferences(%s, %s))",
        [principal.user_id, json.dumps(fields, ensure_ascii=False)],
    )
    if row is None or row["user_id"] is None:
        raise Unauthenticated
    return PreferencesRow.model_validate(row).preferences()


async def _model_id(name: str) -> str:
    """The id of the model with that name."""
    return resolve_models(await providers.list_models(), name, [])[0].id
