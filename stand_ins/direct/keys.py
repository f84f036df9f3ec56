"""The keys that a stand-in of a direct provider accepts.

In a test it has one key. In the local stack it accepts every key but those with `-refused-` in them, and a key with
`-busy-` lists models while its questions find a provider that is busy.
"""

REFUSED, BUSY = "-refused-", "-busy-"


def is_accepted(given: str, key: str | None) -> bool:
    """Whether a key is accepted; `key` is the only one that is, or None in the local stack."""
    return given == key if key is not None else bool(given) and REFUSED not in given


def is_busy(given: str, key: str | None) -> bool:
    """Whether a question with this key finds a busy provider."""
    return key is None and BUSY in given
