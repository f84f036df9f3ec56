"""The refusal of query parameters that a route does not know, with those that it knows."""

from collections.abc import Collection, Iterable

from oneai.errors import InvalidRequest

# A refusal is no longer than this, however much was sent.
MOST_NAMED = 20
NAME_LENGTH = 100


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Raises InvalidRequest, which names parameters that are unknown and those that are known; never their values."""
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if not unknown:
        return
    choices = f"Known: {', '.join(sorted(known))}." if known else "This address has none."
    sentence = f"There is no such parameter. {choices}"
    details = [
        {"field": name[:NAME_LENGTH], "code": "unknown_parameter", "message": sentence} for name in unknown[:MOST_NAMED]
    ]
    raise InvalidRequest(f"{unknown[0][:NAME_LENGTH]}: {sentence}" if len(unknown) == 1 else None, details=details)
