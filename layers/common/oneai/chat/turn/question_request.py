"""The request of `oneai.admit` and `oneai.quote`."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AnswerRequest:
    """One answer to a question, and the models that may write it instead of the first."""

    id: str
    model: str
    fallbacks: list[str]


@dataclass(frozen=True)
class AttachedFile:
    """A file that was sent along and read as a document, and the field that names it in a refusal."""

    id: str
    field: str


@dataclass(frozen=True)
class QuestionRequest:
    """`oneai.question_request`, which refuses any other key; `oneai.admit` says what each of them is."""

    fingerprint: str
    require_confirmed: bool
    spend_limit_micro_usd: int | None
    passages_bytes: int
    credit_limit_micro_usd: int | None = None
    message: str | None = None
    title: str | None = None
    conversation_id: str | None = None
    begins_conversation: bool = False
    question_id: str | None = None
    edit_of: str | None = None
    regenerate_of: str | None = None
    adjust: dict[str, str] | None = None
    temporary: bool | None = None
    temporary_seconds: int | None = None
    is_retry: bool = False
    has_prompt: bool = False
    documents: list[str] | None = None
    collections: list[str] | None = None
    answers: list[AnswerRequest] | None = None
    attached: list[AttachedFile] | None = None
    any_model: bool = False
    chosen_model: str | None = None
    prompt_bytes_extra: int = 0
    web_search: bool | None = None
    max_tokens: int | None = None
    team_rate: list[int] | None = None
    titles: bool = False
    summaries: bool = False
    metadata: dict[str, Any] | None = None

    def to_json(self) -> str:
        """As SQL takes it."""
        stated = {name: value for name, value in vars(self).items() if value is not None}
        return json.dumps(stated, ensure_ascii=False, default=vars)
