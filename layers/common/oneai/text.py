"""Makes user input fit for storage."""

import json

from oneai.field_errors import InvalidValue

# A stored message must fit into one response: Lambda's limit is 6 MB, with room for the envelope.
MESSAGE_BYTES = 6_000_000


def replace_nul(text: str) -> str:
    """Replaces U+0000, which Postgres cannot store, with U+FFFD. Raises ValueError for lone surrogates, which JSON can
    express and UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValue("not_text", "This is not text.") from None
    return text.replace("\0", "\ufffd")


def message_text(text: str) -> str:
    """The text of a message as stored. Raises ValueError if it is blank or too long for a response."""
    if not text.strip():
        raise InvalidValue("empty", "The message is empty.")
    # Lambda returns a page of messages as JSON within JSON: seven bytes for a control character.
    if len(text) * 7 > MESSAGE_BYTES and _bytes_on_a_page(text) > MESSAGE_BYTES:
        raise InvalidValue("too_long", "The message is too long.")
    return replace_nul(text)


def _bytes_on_a_page(text: str) -> int:
    return len(json.dumps(json.dumps(text, ensure_ascii=False), ensure_ascii=False).encode())
