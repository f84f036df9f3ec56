"""Refuses unknown query parameters and lists the known ones."""

from collections.abc import Collection, Iterable

from oneai.errors import InvalidRequest

# The maximum length of a refusal, however much was sent.
MAX_NAMED = 20
NAME_LENGTH = 100


def refuse_unknown(names: Iterable[str], known: Collection[str]) -> None:
    """Raises InvalidRequest, which names unknown and known parameters but never their values."""
    unknown = [name for name in dict.fromkeys(names) if name not in known]
    if not unknown:
        return
    choices = f"Known parameters: {', '.join(sorted(known))}." if known else "This address has no parameters."
    sentence = f"There is no such parameter. {choices}"
    details = [
        {"field": name[:NAME_LENGTH], "code": "unknown_parameter", "message": sentence} for name in unknown[:MAX_NAMED]
    ]
    raise InvalidRequest(f"{unknown[0][:NAME_LENGTH]}: {sentence}" if len(unknown) == 1 else None, details=details)
