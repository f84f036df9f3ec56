"""The fields of API keys, in requests and responses."""

from datetime import datetime
from ipaddress import ip_network
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from oneai.field_errors import InvalidValue
from oneai.text import clean_code, clean_line, is_blank
from oneai.times import Moment

# The scopes of a key; the database has the same list.
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
# A thousand dollars a day for three years; far below the maximum of a bigint.
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
        message = "This must be an IP address or a range such as 203.0.113.0/24."
        raise InvalidValue("wrong_format", message) from None
    raise InvalidValue("wrong_format", f"This is not the start of a range. Did you mean {network}?")


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
    """The maximum cost of a key's answers in a window."""

    model_config = ConfigDict(extra="forbid")

    micro_usd: StrictInt = Field(ge=0, le=MAX_BUDGET_MICRO_USD, description="In micro-dollars, as receipts count cost.")
    window: BudgetWindow = Field(
        description="The window: a UTC day, a week from Monday, a month, or the key's lifetime. The budget is "
        "renewed with each window."
    )


class KeyLimits(BaseModel):
    """How much a key may be used at a time; null: as much as its owner."""

    model_config = ConfigDict(extra="forbid")

    requests_per_minute: StrictInt | None = Field(
        default=None, ge=1, le=1_000_000, description="Requests per minute; all of them may come at once."
    )
    tokens_per_minute: StrictInt | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="Tokens of questions and answers per minute; all of them may be used at once.",
    )
    parallel: StrictInt | None = Field(default=None, ge=1, le=1000, description="The number of concurrent answers.")


class ApiKeyChanges(BaseModel):
    """The body of `PATCH /api/user/api-keys/{id}`. Absent fields remain unchanged; null removes a value.

    `budget` and `limits` are replaced as a whole.
    """

    model_config = ConfigDict(extra="forbid")

    # Factories, because a plain default would appear in OpenAPI, but absent fields remain unchanged.
    name: Name = Field(default_factory=str, description="The owner's name for the key.")
    scopes: Scopes = Field(default_factory=list, description="The key's scopes.")
    models: Models | None = Field(
        default=None, description="The models it may use, as ids with `*` for any characters. Null: every model."
    )
    expires_at: Moment | None = Field(default=None, description="When it expires. Null: never.")
    budget: Budget | None = Field(default=None, description="The maximum cost of its answers. Null: no budget.")
    limits: KeyLimits | None = Field(default=None, description="The key's own limits. Null: none.")
    ip_ranges: IpRanges | None = Field(
        default=None, description="The addresses from which it is accepted, single ones or ranges. Null: any."
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

    name: Name = Field(description="The owner's name for the key.")
    scopes: Scopes = Field(
        default_factory=lambda: list(DEFAULT_SCOPES),
        description="The key's scopes. Absent: `chat`, `models` and `embeddings`.",
    )

    def columns(self) -> dict[str, Any]:
        """All columns, by name."""
        return {**super().columns(), "scopes": self.scopes}


class Rotation(BaseModel):
    """The body of `POST /api/user/api-keys/{id}/rotate`."""

    model_config = ConfigDict(extra="forbid")

    overlap_seconds: StrictInt = Field(
        default=0, ge=0, le=MAX_OVERLAP_SECONDS, description="The seconds for which the previous secret remains valid."
    )


class KeyMaker(BaseModel):
    """Who made an API key, as whom its requests act."""

    user_id: UUID | None = Field(description="Their id; null for a former member of the team.")
    name: str | None = Field(description="Their name.")


class ApiKey(BaseModel):
    """An API key without its secret."""

    id: UUID = Field(description="The key's id.")
    name: str = Field(description="The owner's name for the key.")
    hint: str = Field(description="The start and the end of its secret.")
    scopes: list[ScopeName] = Field(description="The key's scopes.")
    models: list[str] | None = Field(description="The models it may use, `*` for any characters; null: every model.")
    expires_at: datetime | None = Field(description="When it expires; null: never.")
    budget: Budget | None = Field(description="The maximum cost of its answers.")
    limits: KeyLimits | None = Field(description="The key's own limits.")
    ip_ranges: list[str] | None = Field(description="The addresses from which it is accepted; null: any.")
    made_by: KeyMaker = Field(description="Who made it. Others who manage its team only restrict and revoke it.")
    state: KeyState = Field(description="`rotating`: an earlier secret is still valid.")
    created_at: datetime = Field(description="When it was created.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute; null: never.")


class NewSecret(ApiKey):
    """An API key with its new secret."""

    secret: str = Field(description="The token for `Authorization: Bearer …`. It is shown only once.")


class ApiKeyPage(BaseModel):
    """A user's keys."""

    items: list[ApiKey] = Field(description="The keys, newest first, including revoked ones.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")
