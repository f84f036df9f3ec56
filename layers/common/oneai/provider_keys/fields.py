"""The fields of workspaces' keys for providers, in requests and responses. No response has a key."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictInt

from oneai.clients.chosen_address import AddressRefused, Refusal, normal
from oneai.field_errors import FieldErrorCode, InvalidValue
from oneai.provider_keys.providers import Provider
from oneai.text import clean_line, is_blank

KeyState = Literal["active", "refused", "revoked"]
Fallback = Literal["none", "plan", "credits", "plan_then_credits"]
Problem = Literal[
    "key_refused",
    "key_restricted",
    "no_credit",
    "models_not_listed",
    "too_many_requests",
    "provider_failed",
    "unreachable",
    "too_slow",
    "wrong_address",
    "redirected",
    "address_refused",
]
# Micro-dollars: a million dollars.
MOST_MICRO_USD = 10**12
MOST_ANSWERS = 1_000_000
# Of a key, and in the id of one.
MAX_MODELS = MODEL_CHARACTERS = 200
# The end of a shorter key would be too much of it.
_SHOWS_ITS_END_FROM = 8
# What a header may have (RFC 9110, 5.5), without spaces.
_KEY = re.compile(r"[\x21-\x7e]{1,4096}")

_ADDRESS_PROBLEMS: dict[Refusal, tuple[FieldErrorCode, str]] = {
    "malformed": ("wrong_format", "This must be an address such as https://models.example.com/v1."),
    "not_https": ("wrong_format", "The address must begin with https://."),
    "credentials": ("excluded", "The address must not have a user name or password. Enter the key in its own field."),
    "port": ("not_a_choice", "This port is not allowed here."),
    "own_host": ("excluded", "This is an address of this service, or of an API or function at AWS."),
    "not_public": ("not_public", "This address is not in the public internet."),
    "unknown_host": ("not_public", "No server has this name."),
}


def address_problem(error: AddressRefused) -> tuple[FieldErrorCode, str]:
    """The code and the sentence of a refused address."""
    return _ADDRESS_PROBLEMS[error.reason]


def _name(text: str) -> str:
    name = clean_line(text)
    if is_blank(name):
        raise InvalidValue("empty", "A key needs a name.")
    return name


def _key(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not _KEY.fullmatch(text):
        raise InvalidValue("wrong_format", "A key is one word of ASCII characters, up to 4,096 of them.")
    return SecretStr(text)


def _model(text: str) -> str:
    model = text.strip()
    if not model.isprintable() or not model:
        raise InvalidValue("wrong_format", "This is not the id of a model.")
    return model


def _address(url: str) -> str:
    try:
        return normal(url.strip())
    except AddressRefused as error:
        raise InvalidValue(*address_problem(error)) from None


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_name)]
Key = Annotated[SecretStr, AfterValidator(_key)]
BaseUrl = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_address)]
ModelId = Annotated[str, Field(min_length=1, max_length=MODEL_CHARACTERS), AfterValidator(_model)]
Money = Annotated[StrictInt, Field(ge=0, le=MOST_MICRO_USD)]
Answers = Annotated[StrictInt, Field(ge=0, le=MOST_ANSWERS)]


class ProviderKeyLimits(BaseModel):
    """The most that a key's answers may cost, and be. Days and months are those of the workspace's time zone."""

    model_config = ConfigDict(extra="forbid")

    micro_usd_per_day: Money | None = Field(
        default=None, description="Their cost on a day, in micro-dollars, by our table of prices; null: any."
    )
    micro_usd_per_month: Money | None = Field(default=None, description="Their cost in a month; null: any.")
    answers_per_day: Answers | None = Field(
        default=None, description="Their number on a day; null: any, or 200 of models whose price is not known."
    )
    fallback_answers_per_day: Answers | None = Field(
        default=None, description="How many answers on a day the fallback pays; null: any."
    )


class ProviderKeyChanges(BaseModel):
    """The body of `PUT /api/settings/provider-keys/{id}`. Absent fields remain unchanged.

    `limits` are replaced as a whole.
    """

    model_config = ConfigDict(extra="forbid")

    # Factories, because a plain default would appear in OpenAPI, but absent fields remain unchanged.
    name: Name = Field(default_factory=str, description="The workspace's name for the key.")
    key: Key = Field(
        default_factory=lambda: SecretStr(""), description="The key. It is encrypted, and no answer has it."
    )
    base_url: BaseUrl = Field(
        default_factory=str,
        description="Of a custom provider: where its OpenAI-compatible API is, such as https://models.example.com/v1. "
        "If only the address with or without `/v1` answers, that one is stored. Another address needs the key again.",
    )
    models: list[ModelId] | None = Field(
        default=None,
        max_length=MAX_MODELS,
        description="Of a custom provider: the ids of its models, where it does not list them itself. A test replaces "
        "them by its list. Null: those that it lists.",
    )
    limits: ProviderKeyLimits | None = Field(default=None, description="The key's limits; null: none.")
    fallback: Fallback = Field(
        default_factory=lambda: "none",
        description="What pays where the provider is busy or fails. It never pays after the provider refused the key, "
        "or where a limit is reached.",
    )

    def columns(self) -> dict[str, Any]:
        """The columns that are sent, without the key and the address."""
        columns: dict[str, Any] = self.model_dump(include={"name", "fallback"}, exclude_unset=True)
        if "models" in self.model_fields_set:
            columns["models"] = list(dict.fromkeys(self.models or ())) or None
        if "limits" in self.model_fields_set:
            columns |= (self.limits or ProviderKeyLimits()).model_dump()
        return columns


class NewProviderKey(ProviderKeyChanges):
    """The body of `POST /api/settings/provider-keys`."""

    provider: Provider = Field(
        description="Whose key it is. `custom`: of an OpenAI-compatible API, whose address is `base_url`."
    )
    name: Name = Field(description="The workspace's name for the key.")
    key: Key = Field(description="The key. It is encrypted, and no answer has it.")

    def columns(self) -> dict[str, Any]:
        """All columns, without the key and the address."""
        return {**super().columns(), "provider": self.provider, "fallback": self.fallback}


class ProviderKey(BaseModel):
    """A workspace's key for a provider, without the key."""

    id: UUID = Field(description="Its id.")
    provider: Provider = Field(description="Whose key it is.")
    name: str = Field(description="The workspace's name for it.")
    base_url: str | None = Field(description="Where a custom provider is asked; null for the others.")
    last4: str = Field(description="The last four characters of the key; empty for a very short one.")
    state: KeyState = Field(
        description="`refused`: its provider does not accept it. `revoked`: it was found in public, and deleted here."
    )
    problem: Problem | None = Field(description="Why the last request with it failed; null: it did not.")
    limits: ProviderKeyLimits = Field(description="Its limits.")
    fallback: Fallback = Field(description="What pays where the provider is busy or fails.")
    models: list[str] | None = Field(
        description="The ids of a custom provider's models, as it lists them or as they were entered; null: not known, "
        "or another provider."
    )
    created_at: datetime = Field(description="When it was entered.")
    last_used_at: datetime | None = Field(description="When an answer last used it, to the minute; null: never.")


class ProviderKeyList(BaseModel):
    """The keys of a workspace."""

    items: list[ProviderKey] = Field(description="The keys, the oldest first.")


class ProviderKeyTest(BaseModel):
    """What a test of a key showed."""

    ok: bool = Field(description="Whether the provider accepts the key. It does not say whether there is credit.")
    problem: Problem | None = Field(description="What is wrong; null: nothing.")
    models: list[str] | None = Field(
        description="The ids of models that the key may use, 200 at most; null: the provider lists none."
    )


class ProviderKeyDay(BaseModel):
    """What a key was used for on one day. Running answers count with what they hold."""

    day: date = Field(description="The day in the workspace's time zone.")
    answers: int = Field(description="Answers that the key paid.")
    micro_usd: int = Field(description="Their cost in micro-dollars, by our table of prices; 0 for unknown prices.")
    fallback_answers: int = Field(description="Answers that the fallback paid.")


class ProviderKeyMonth(BaseModel):
    """What a key was used for in the current month."""

    answers: int = Field(description="Answers that the key paid.")
    micro_usd: int = Field(description="Their cost in micro-dollars, by our table of prices; 0 for unknown prices.")


class ProviderKeyUsage(BaseModel):
    """The usage of a key, against which its limits hold."""

    days: list[ProviderKeyDay] = Field(description="The days up to today, the oldest first, also those without use.")
    month: ProviderKeyMonth = Field(description="The current month in the workspace's time zone.")


def last4(secret: SecretStr) -> str:
    """The end of a key by which people know it."""
    text = secret.get_secret_value()
    return text[-4:] if len(text) >= _SHOWS_ITS_END_FROM else ""
