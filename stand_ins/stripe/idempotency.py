"""Idempotency keys: the first answer of a request is given again, errors of the server included, for a day."""

import hashlib
from dataclasses import dataclass

from stand_ins.payments.state import JsonObject
from stand_ins.stripe.refusals import ApiError
from stand_ins.stripe.state import Account

KEPT_SECONDS = 86_400
_LONGEST = 255


@dataclass(frozen=True)
class Answer:
    """A response, and whether it was given before."""

    status: int
    body: JsonObject
    replayed: bool = False


def known(account: Account, key: str, request: str) -> Answer | None:
    """The answer that this key got before. `request` is a fingerprint. Raises ApiError for a key of another one."""
    if len(key) > _LONGEST:
        raise ApiError(f"Idempotency keys have up to {_LONGEST} characters.", kind="idempotency_error")
    kept = account.idempotency.get(key)
    if kept is None or kept["at"] + KEPT_SECONDS <= account.now:
        return None
    if kept["request"] != request:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            kind="idempotency_error",
        )
    return Answer(kept["status"], kept["body"], replayed=True)


def keep(account: Account, key: str, request: str, answer: Answer) -> None:
    """Keeps the answer under the key; old ones go."""
    account.idempotency = {
        name: each for name, each in account.idempotency.items() if each["at"] + KEPT_SECONDS > account.now
    }
    account.idempotency[key] = {"request": request, "status": answer.status, "body": answer.body, "at": account.now}


def fingerprint(method: str, path: str, body: bytes) -> str:
    """What two requests have in common if they are the same."""
    return hashlib.sha256(b"\n".join((method.encode(), path.encode(), body))).hexdigest()
