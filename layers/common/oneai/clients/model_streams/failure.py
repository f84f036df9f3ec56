"""One failed attempt, as every client of a provider classifies it."""

from dataclasses import dataclass

from oneai.errors import OneAIError


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed attempt: the error to raise, whether a retry may help, and after how many seconds."""

    error: OneAIError
    retryable: bool = False
    wait: float = 0.0


def caused_by(cause: Exception, error: OneAIError, *, retryable: bool = False) -> Failure:
    """The failure with this error, whose cause is `cause`."""
    error.__cause__ = cause
    return Failure(error, retryable)
