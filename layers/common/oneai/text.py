"""What a person wrote, made fit to be stored."""

import json

from oneai.field_errors import InvalidValue

# What is written must be readable again: one message has to fit Lambda's 6 MB, with room for what is around it.
MESSAGE_BYTES = 6_000_000


def replace_nul(text: str) -> str:
    """Postgres cannot store U+0000; U+FFFD takes its place at the door. Raises ValueError for half a character, which
    JSON can spell and nobody can store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue("not_text", "This is not text.") from None
    return text.replace("\0", "\ufffd")


def message_text(text: str) -> str:
    """The text of one message as it is stored. Raises ValueError where it says nothing or could not be read again."""
    if not text.strip():
        raise InvalidValue("empty", "The message is empty.")
    # Lambda hands a page of messages back as JSON within JSON: seven bytes for a control character.
    if len(text) * 7 > MESSAGE_BYTES and _bytes_on_a_page(text) > MESSAGE_BYTES:
        raise InvalidValue("too_long", "The message is too long.")
    return replace_nul(text)


def _bytes_on_a_page(text: str) -> int:
    return len(json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False).encode())
