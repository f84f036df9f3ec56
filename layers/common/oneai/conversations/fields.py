"""Types of a conversation's editable fields, with limits that keep a page of a hundred within one response."""

import json
from typing import Annotated, Any

from pydantic import AfterValidator, Field, JsonValue, StrictFloat, StrictInt

from oneai.field_errors import InvalidValue
from oneai.text import one_line, replace_nul

# Limits of size as JSON and of nesting.
METADATA_BYTES = 16_000
METADATA_DEPTH = 20
# From this number on JavaScript uses exponents. Postgres does not: it stores 1e308 as 309 digits.
METADATA_NUMBERS = 1e21
TAGS = 20


def _unique(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


def _storable_metadata(metadata: dict[str, Any]) -> dict[str, Any]:
    """Prepares metadata for jsonb, which rejects U+0000, lone surrogates and infinity."""
    result: dict[str, Any] = _cleaned(metadata, METADATA_DEPTH)
    try:
        size = len(json.dumps(result, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise InvalidValue("not_text", "This is not text.") from None
    if size > METADATA_BYTES:
        raise InvalidValue("too_long", f"This may have at most {METADATA_BYTES:,} bytes as JSON.")
    return result


def _cleaned(value: Any, depth: int) -> Any:
    if not depth:
        raise InvalidValue("too_long", f"This may have at most {METADATA_DEPTH} levels.")
    match value:
        case str():
            return replace_nul(value)
        case list():
            return [_cleaned(each, depth - 1) for each in value]
        case dict():
            return {replace_nul(name): _cleaned(each, depth - 1) for name, each in value.items()}
        case float() if not abs(value) < METADATA_NUMBERS:  # also true for infinity and NaN
            raise InvalidValue("too_large", "A number is too large.")
    return value


Title = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(one_line)]
Tag = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)]
Tags = Annotated[list[Tag], Field(max_length=TAGS), AfterValidator(_unique)]
Folder = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]
ModelId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(replace_nul)]
SystemPrompt = Annotated[str, Field(max_length=20_000), AfterValidator(replace_nul)]
Metadata = Annotated[dict[str, JsonValue], AfterValidator(_storable_metadata)]
Temperature = Annotated[StrictFloat, Field(ge=0, le=2)]
MaxTokens = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
TEMPERATURE = (
    "The sampling temperature of answers, from 0 to 2, for questions without `temperature`. It is not sent to models "
    "that do not support it. Null: the model's own."
)
MAX_TOKENS = (
    "The maximum tokens of an answer, reasoning included, for questions without `max_tokens`. Plan and model have "
    "their own limits. Null: as many as these allow."
)
