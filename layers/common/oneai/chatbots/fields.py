"""The fields of a chatbot, as clients send and read them."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from oneai.chatbots.avatar import MAX_CHARACTERS, small_picture
from oneai.field_errors import InvalidValue
from oneai.fields import Fields
from oneai.text import clean_line, clean_lines, one_line

UseCase = Literal["support", "sales", "faq", "booking", "internal", "tutoring"]
ChatbotStatus = Literal["draft", "published", "paused"]
Language = Literal["en", "hi", "id"]
ProofOfWork = Literal["auto", "always", "never"]

MAX_DOMAINS = 50
RETENTION_DAYS = 365
_DOMAIN = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<host>(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*"
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?::(?P<port>[1-9][0-9]{0,4}))?/?"
)
_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
# A top-level domain: `*.com` would admit everyone's pages.
_MIN_LABELS = 2


def _origin(text: str) -> str:
    """A page's origin, such as `https://www.example.com`; `*.` at its start stands for every subdomain."""
    typed = text.strip().lower()
    parts = _DOMAIN.fullmatch(typed.encode("idna").decode() if not typed.isascii() and "/" not in typed else typed)
    if parts is None or int(parts["port"] or 0) > 65_535:
        raise InvalidValue("wrong_format", "This must be a domain such as `example.com` or `*.example.com`.")
    host = parts["host"]
    local = host in ("localhost", "127.0.0.1")
    if not local and (host.removeprefix("*.").count(".") + 1 < _MIN_LABELS or parts["scheme"] == "http"):
        raise InvalidValue("wrong_format", "This must be a domain with https, such as `example.com`.")
    scheme = parts["scheme"] or ("http" if local else "https")
    return f"{scheme}://{host}" + (f":{parts['port']}" if parts["port"] else "")


def _different(origins: list[str]) -> list[str]:
    return list(dict.fromkeys(origins))


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(one_line)]
Description = Annotated[str, Field(max_length=2000), AfterValidator(clean_lines)]
ModelName = Annotated[str, Field(min_length=1, max_length=200)]
RetentionDays = Annotated[
    int,
    Field(
        ge=1,
        le=3650,
        description="For how many days after its last message a visitor's conversation is kept; at once.",
    ),
]
Domains = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_origin)]],
    Field(max_length=MAX_DOMAINS),
    AfterValidator(_different),
]


class Knowledge(Fields):
    """What a chatbot answers from."""

    mode: Literal["documents_only", "documents_first", "general"] = Field(
        default="documents_first",
        description="`documents_only`: without a passage there is no answer; `documents_first`: general knowledge is "
        "marked as such; `general`: documents help.",
    )
    documents: list[UUID] = Field(default=[], max_length=200, description="Documents of the workspace.")
    collections: list[UUID] = Field(default=[], max_length=50, description="Collections of the workspace.")


class PreChatForm(Fields):
    """What a visitor is asked before the first message. It asks for no password and no card."""

    name: Literal["off", "optional", "required"] = Field(default="off", description="Whether it asks for a name.")
    email: Literal["off", "optional", "required"] = Field(default="off", description="Whether it asks for an address.")
    consent: Annotated[str, Field(max_length=500), AfterValidator(clean_lines)] = Field(
        default="", description="What the visitor agrees to; empty: nothing."
    )


class Widget(Fields):
    """How a chatbot looks and what its widget says."""

    title: Annotated[str, Field(max_length=60), AfterValidator(one_line)] | None = Field(
        default=None, description="The heading; null: the chatbot's name."
    )
    avatar: Annotated[str, Field(max_length=MAX_CHARACTERS), AfterValidator(small_picture)] | None = Field(
        default=None,
        description="A small picture beside the heading, as a `data:` address of a PNG or JPEG of at most 256 by 256 "
        "pixels and 16 kB; null: none. Lists leave it out.",
    )
    placeholder: Annotated[str, Field(max_length=80), AfterValidator(clean_line)] = Field(
        default="", description="What stands in the empty field for questions; empty: the widget's own words."
    )
    greeting: Annotated[str, Field(max_length=500), AfterValidator(clean_lines)] = Field(
        default="", description="Its first message."
    )
    away_message: Annotated[str, Field(max_length=500), AfterValidator(clean_lines)] = Field(
        default="", description="What it says while it does not answer."
    )
    position: Literal["left", "right"] = Field(default="right", description="The corner of its button.")
    appearance: Literal["auto", "light", "dark"] = Field(
        default="auto", description="Light, dark, or as the visitor's."
    )
    color: str = Field(default="#2563eb", pattern=r"^#[0-9a-fA-F]{6}$", description="The main color, as `#rrggbb`.")
    radius: int = Field(default=12, ge=0, le=24, description="The radius of its corners, in pixels.")
    languages: list[Language] = Field(
        default=["en"], min_length=1, max_length=3, description="The languages that it speaks, the default first."
    )
    sources_shown: bool = Field(default=True, description="Whether answers name their documents.")
    public_page: bool = Field(default=False, description="Whether it also has a page of its own.")
    form: PreChatForm = Field(default=PreChatForm(), description="The form before the first message.")


class Hours(Fields):
    """A part of the week in which people answer visitors, in the workspace's time zone."""

    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        min_length=1, max_length=7, description="From 1, Monday, to 7, Sunday."
    )
    starts: str = Field(pattern=_TIME, description="When they begin, as `09:00`.")
    ends: str = Field(pattern=_TIME, description="When they end, as `18:00`; not later than `starts`: on the next day.")


class HandoffRules(Fields):
    """When people answer a visitor instead of the chatbot."""

    enabled: bool = Field(default=True, description="Whether visitors can get a person. Without it, no rule applies.")
    after_two_unanswered: bool = Field(default=True, description="After two answers in a row that found nothing.")
    after_bad_rating: bool = Field(default=False, description="After an answer that the visitor found bad.")
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]] = Field(
        default=[], max_length=20, description="Languages whose visitors people answer, such as `hi`."
    )
    hours: list[Hours] = Field(
        default=[], max_length=14, description="When people answer; empty: always. At other hours visitors read when."
    )
    return_after_minutes: Annotated[int, Field(ge=5, le=43_200)] | None = Field(
        default=1440,
        description="How long a conversation waits for a member, in minutes; the chatbot answers again after that. "
        "Null: it waits without an end.",
    )


class Limits(Fields):
    """What a chatbot may answer and cost. They take effect at once; all chatbots of a workspace share the sums."""

    visitor_per_hour: int = Field(default=20, ge=1, le=1000, description="Questions of a visitor in an hour.")
    address_per_hour: int = Field(default=120, ge=1, le=10_000, description="Questions from a network in an hour.")
    answers_per_day: int = Field(default=300, ge=0, le=100_000, description="Answers in a day of the workspace.")
    turns_per_conversation: int = Field(default=40, ge=1, le=200, description="Questions of one conversation.")
    micro_usd_per_day: int = Field(default=2_000_000, ge=0, le=1_000_000_000, description="Micro-dollars in a day.")
    micro_usd_per_month: int = Field(
        default=30_000_000, ge=0, le=30_000_000_000, description="Micro-dollars in a month."
    )


# Not a `type`, because OpenAPI would make a schema of it.
ModelProvider = Literal["openrouter", "openai", "anthropic", "gemini", "replicate", "custom"]
PROVIDER = (
    "Who offers the model. With another one than `openrouter`, of the workspace's keys only those for this provider "
    "are used. A model that only one provider has sets it."
)


class Configuration(Fields):
    """What is edited as a draft and published as a version."""

    provider: ModelProvider = Field(default="openrouter", description=PROVIDER)
    model: ModelName = Field(description="The id of the model that answers.")
    fallbacks: list[ModelName] = Field(
        default=[], max_length=3, description="Models that answer if it is not available, in this order."
    )
    temperature: float | None = Field(default=None, ge=0, le=2, description="Null: the model's own.")
    max_tokens: int = Field(default=1000, ge=50, le=16_000, description="The longest answer, in tokens.")
    system_prompt: Annotated[str, Field(max_length=20_000), AfterValidator(clean_lines)] = Field(
        default="", description="What the chatbot is and does; visitors never see it."
    )
    knowledge: Knowledge = Field(default=Knowledge(), description="What it answers from.")
    widget: Widget = Field(default=Widget(), description="How it looks.")
    handoff: HandoffRules = Field(default=HandoffRules(), description="When people answer instead of the chatbot.")


def flat(changes: dict[str, Any]) -> dict[str, Any]:
    """Changes of a request as `oneai.create_chatbot` and `oneai.change_chatbot` take them: what is versioned in
    `draft`, and what takes effect at once beside it."""
    widget = dict(changes["widget"]) if changes.get("widget") else None
    beside = ("name", "description", "use_case", "limits", "retention_days")
    columns: dict[str, Any] = {name: changes[name] for name in beside if name in changes}
    for name in ("domains", "proof_of_work"):
        if widget is not None and name in widget:
            columns[name] = widget.pop(name)
    draft = {name: changes[name] for name in Configuration.model_fields if name in changes and name != "widget"}
    if widget:
        draft["widget"] = widget
    return columns | ({"draft": draft} if draft else {})
