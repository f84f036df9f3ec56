"""The fields of API keys, in requests and responses."""

from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from oneai.field_errors import InvalidValue
from oneai.text import clean_code, clean_line, is_blank
from oneai.times import Moment

# What a key may be for; the database has the same list.
ScopeName = Literal[
    "chat",
    "models",
    "embeddings",
    "usage:read",
    "conversations:read",
    "conversations:write",
    "documents:read",
    "documents:write",
]
BudgetWindow = Literal["day", "week", "month", "total"]
KeyState = Literal["active", "rotating", "expired", "revoked"]

DEFAULT_SCOPES: list[ScopeName] = ["chat", "models", "embeddings"]
# A thousand dollars a day for three years, and far from the end of a bigint.
MAX_BUDGET_MICRO_USD = 10**12
MAX_OVERLAP_SECONDS = 7 * 86_400


def _name(text: str) -> str:
    name = clean_line(text)
    if is_blank(name):
        raise InvalidValue("empty", "A key needs a name.")
    return name


def _range(text: Any) -> str:
    """An IP address or network in CIDR notation, as Postgres writes it."""
    typed = clean_code(text) if isinstance(text, str) else ""
    try:
        return str(ip_network(typed))
    except ValueError:
        pass
    try:
        network = ip_network(typed, strict=False)
    except ValueError:
        message = "An IP address, or a range such as 203.0.113.0/24, is needed."
        raise InvalidValue("wrong_format", message) from None
    raise InvalidValue("wrong_format", f"Not the beginning of a range: {network} may be meant.")


def _seen(value: Any) -> Any:
    return clean_line(value) if isinstance(value, str) else value


def _distinct[T](values: list[T]) -> list[T]:
    return list(dict.fromkeys(values))


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_name)]
Scopes = Annotated[list[ScopeName], Field(min_length=1, max_length=20), AfterValidator(_distinct)]
ModelPattern = Annotated[
    str, BeforeValidator(_seen), Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9._:/*@+-]+$")
]
Models = Annotated[list[ModelPattern], Field(min_length=1, max_length=50), AfterValidator(_distinct)]
IpRange = Annotated[str, BeforeValidator(_range)]
IpRanges = Annotated[list[IpRange], Field(min_length=1, max_length=50), AfterValidator(_distinct)]


class Budget(BaseModel):
    """The most that a key's answers may cost."""

    model_config = ConfigDict(extra="forbid")

    micro_usd: StrictInt = Field(ge=0, le=MAX_BUDGET_MICRO_USD, description="In micro-dollars, as receipts count cost.")
    window: BudgetWindow = Field(
        description="Within a UTC day, a week from Monday, a month, or in all; then it begins anew."
    )


class KeyLimits(BaseModel):
    """How much a key may be used at a time; null: as much as its owner."""

    model_config = ConfigDict(extra="forbid")

    requests_per_minute: StrictInt | None = Field(
        default=None, ge=1, le=1_000_000, description="Requests a minute, and at once."
    )
    tokens_per_minute: StrictInt | None = Field(
        default=None, ge=1, le=10_000_000, description="Tokens of questions and answers a minute, and at once."
    )
    parallel: StrictInt | None = Field(default=None, ge=1, le=1000, description="Answers that are written at once.")


class ApiKeyChanges(BaseModel):
    """The body of `PATCH /api/user/api-keys/{id}`: what is absent stays, null takes away.

    `budget` and `limits` are replaced as a whole.
    """

    model_config = ConfigDict(extra="forbid")

    # Factories: a plain default would appear in OpenAPI, but absent fields stay unchanged.
    name: Name = Field(default_factory=str, description="What its owner calls it.")
    scopes: Scopes = Field(default_factory=list, description="What it may be used for.")
    models: Models | None = Field(
        default=None, description="The models it may use, as ids with `*` for any characters. Null: every model."
    )
    expires_at: Moment | None = Field(default=None, description="When it ends. Null: never by itself.")
    budget: Budget | None = Field(default=None, description="What its answers may cost. Null: no budget of its own.")
    limits: KeyLimits | None = Field(default=None, description="Null: no limits of its own.")
    ip_ranges: IpRanges | None = Field(
        default=None, description="The addresses it is accepted from, single ones or ranges. Null: any."
    )

    def columns(self) -> dict[str, Any]:
        """The columns to write, by name."""
        columns = self.model_dump(mode="json", exclude_unset=True, exclude={"budget", "limits"})
        if "budget" in self.model_fields_set:
            columns["budget_micro_usd"] = self.budget and self.budget.micro_usd
            columns["budget_window"] = self.budget and self.budget.window
        if "limits" in self.model_fields_set:
            columns |= (self.limits or KeyLimits()).model_dump()
        return columns


class NewApiKey(ApiKeyChanges):
    """The body of `POST /api/user/api-keys`."""

    name: Name = Field(description="What its owner calls it.")
    scopes: Scopes = Field(
        default_factory=lambda: list(DEFAULT_SCOPES),
        description="What it may be used for. Absent: `chat`, `models` and `embeddings`.",
    )

    def columns(self) -> dict[str, Any]:
        """All columns, by name."""
        return {**super().columns(), "scopes": self.scopes}


class Rotation(BaseModel):
    """The body of `POST /api/user/api-keys/{id}/rotate`."""

    model_config = ConfigDict(extra="forbid")

    overlap_seconds: StrictInt = Field(
        default=0, ge=0, le=MAX_OVERLAP_SECONDS, description="How long the secret before this one is valid still."
    )


class ApiKey(BaseModel):
    """An API key without its secret."""

    id: UUID = Field(description="The key's id.")
    name: str = Field(description="What its owner calls it.")
    hint: str = Field(description="The beginning and the end of its secret.")
    scopes: list[ScopeName] = Field(description="What it may be used for.")
    models: list[str] | None = Field(description="The models it may use, `*` for any characters; null: every model.")
    expires_at: datetime | None = Field(description="When it ends; null: never by itself.")
    budget: Budget | None = Field(description="What its answers may cost.")
    limits: KeyLimits | None = Field(description="How much it may be used at a time.")
    ip_ranges: list[str] | None = Field(description="The addresses it is accepted from; null: any.")
    state: KeyState = Field(description="`rotating`: an earlier secret is valid still.")
    created_at: datetime = Field(description="When it was made.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute; null: never.")


class NewSecret(ApiKey):
    """An API key with its new secret."""

    secret: str = Field(description="What programs send as `Authorization: Bearer …`. It is shown this once.")


class ApiKeyPage(BaseModel):
    """A user's keys."""

    items: list[ApiKey] = Field(description="The keys, the newest first, revoked ones included.")
    next_cursor: str | None = Field(description="For the next page; null: there is none.")
