"""Errors of request fields: a code for programs and translations, and a sentence for display."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from oneai.errors import InvalidRequest

# A body of a megabyte may have a hundred thousand invalid fields; the first ones are enough for a reader.
MAX_DETAILS = 20

# Codes may be added here, never changed.
FieldErrorCode = Literal[
    "already_kept",
    "bank_transfer",
    "changed_elsewhere",
    "changed_recently",
    "content_mismatch",
    "empty",
    "excluded",
    "free_plan",
    "in_the_future",
    "in_the_past",
    "india_only",
    "invalid",
    "mismatch",
    "mixed_models",
    "no_structured_output",
    "no_bank_account",
    "no_text",
    "no_vision",
    "not_a_choice",
    "not_a_cursor",
    "not_a_member",
    "not_a_question",
    "not_an_answer",
    "not_json",
    "not_public",
    "not_sold",
    "not_text",
    "not_uploaded",
    "other_amount",
    "other_currency",
    "out_of_order",
    "people_only",
    "period_end_only",
    "repeated",
    "repeated_transfer",
    "required",
    "reserved",
    "revoked",
    "rupees_only",
    "seats_taken",
    "shared",
    "teams_only",
    "temporary",
    "too_few",
    "too_large",
    "too_long",
    "too_many",
    "too_short",
    "too_small",
    "unchanged",
    "unknown_country",
    "unknown_document",
    "unknown_field",
    "unknown_model",
    "unknown_offer",
    "unknown_package",
    "unknown_parameter",
    "unknown_plan",
    "unknown_state",
    "unknown_time_zone",
    "unknown_upload",
    "unknown_variable",
    "unsupported_letters",
    "unsupported_type",
    "used_or_expired",
    "while_running",
    "wrong_check_digit",
    "wrong_format",
    "wrong_state",
    "wrong_type",
    "wrong_verifier",
]


class InvalidValue(ValueError):
    """An invalid value of a field; raised by validators."""

    def __init__(self, code: FieldErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: FieldErrorCode = code


def invalid(field: str, code: FieldErrorCode, message: str) -> InvalidRequest:
    """The refusal of one field."""
    return InvalidRequest(details=[{"field": field, "code": code, "message": message}])


def from_pydantic(errors: Sequence[Any], *, skip: int = 0) -> InvalidRequest:
    """The refusal for pydantic's errors, limited to the first MAX_DETAILS; `skip` leading parts of `loc` are not part
    of the field's name.

    It never quotes the input.
    """
    details = [{"field": _field(each, skip), **_code_and_message(each)} for each in errors[:MAX_DETAILS]]
    if len(details) == 1 and errors[0]["type"] != "value_error":
        # Our own sentences name their subject; generic ones need the field's name.
        return InvalidRequest(f"{details[0]['field']}: {details[0]['message']}", details=details)
    return InvalidRequest(details=details)


def _field(error: Any, skip: int) -> str:
    if error["type"] == "json_invalid":
        return "body"  # its `loc` is a character offset
    return ".".join(str(part) for part in error["loc"][skip:]) or "body"


def _code_and_message(error: Any) -> dict[str, str]:
    code, message = _code_and_sentence(error)
    return {"code": code, "message": message}


def _code_and_sentence(error: Any) -> tuple[FieldErrorCode, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        cause = context.get("error")
        return getattr(cause, "code", "invalid"), str(cause)
    if kind == "string_too_short" and context["min_length"] == 1:
        return "empty", "This is empty."
    if kind in _BOUNDS:
        code, sentence = _BOUNDS[kind]
        return code, sentence(context)
    prefix = next((prefix for prefix in _KINDS if kind.startswith(prefix)), None)
    return _KINDS[prefix] if prefix else ("invalid", "This cannot be used.")


def _number(bound: float) -> str:
    return f"{bound:g}" if isinstance(bound, float) else str(bound)


_BOUNDS: dict[str, tuple[FieldErrorCode, Callable[[dict[str, Any]], str]]] = {
    "string_too_short": ("too_short", lambda bound: f"This must have at least {bound['min_length']} characters."),
    "string_too_long": ("too_long", lambda bound: f"This may have at most {bound['max_length']} characters."),
    "too_short": (
        "too_few",
        lambda bound: f"At least {bound['min_length']} {'is' if bound['min_length'] == 1 else 'are'} needed.",
    ),
    "too_long": ("too_many", lambda bound: f"At most {bound['max_length']} are allowed."),
    "greater_than_equal": ("too_small", lambda bound: f"This must be {_number(bound['ge'])} or more."),
    "less_than_equal": ("too_large", lambda bound: f"This must be {_number(bound['le'])} or less."),
    "greater_than": ("too_small", lambda bound: f"This must be more than {_number(bound['gt'])}."),
    "less_than": ("too_large", lambda bound: f"This must be less than {_number(bound['lt'])}."),
    "literal_error": ("not_a_choice", lambda bound: f"This must be {bound['expected']}."),
    "enum": ("not_a_choice", lambda bound: f"This must be {bound['expected']}."),
}
# By prefixes of pydantic's error types; https://docs.pydantic.dev/latest/errors/validation_errors/ lists them.
_KINDS: dict[str, tuple[FieldErrorCode, str]] = {
    "missing": ("required", "This is needed."),
    "extra_forbidden": ("unknown_field", "There is no such field."),
    "json_": ("not_json", "This is not JSON."),
    "string_pattern": ("wrong_format", "This does not have the required format."),
    "string_": ("wrong_type", "This must be text."),
    "bool_": ("wrong_type", "This must be true or false."),
    "int_": ("wrong_type", "This must be a whole number."),
    "float_": ("wrong_type", "This must be a number."),
    "finite_number": ("wrong_type", "This must be a number."),
    "list_": ("wrong_type", "This must be a list."),
    "dict_": ("wrong_type", "This must be an object."),
    "model_": ("wrong_type", "This must be an object."),
    "uuid_": ("wrong_format", "This must be a UUID."),
    "date": ("wrong_format", "This must be a date and time with its offset, such as 2026-11-21T06:30:00Z."),
    "timezone_": ("wrong_format", "This must be a date and time with its offset, such as 2026-11-21T06:30:00Z."),
}
