"""A proof of work before a visitor's session, in the protocol of ALTCHA: a browser computes for about a second, which a
person does not notice, and a script that begins many sessions does.

Postgres decides when one is needed and that each challenge is solved once (`oneai.count_session`).
"""

import secrets
import time
from typing import Any

from oneai.chatbots import visitor as visitors

# A solution is the one number below MAX_COUNTER from which PBKDF2 with COST rounds derives the challenge's key. A phone
# computes a million rounds in about a second, which is the most; the average is half of it. A challenge costs the
# server one derivation, and verifying its solution none.
ALGORITHM = "PBKDF2/SHA-256"
COST = 2000
MAX_COUNTER = 500
CHALLENGE_SECONDS = 300
# A solution of ours has fewer characters.
MAX_CHARACTERS = 2000


def new_challenge(public_id: str) -> dict[str, Any]:
    """A challenge for a session of this chatbot: ALTCHA's `parameters` and their `signature`. Raises SettingsError."""
    import altcha

    signing, answering = _keys()[0]
    challenge: dict[str, Any] = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(MAX_COUNTER),
        expires_at=int(time.time()) + CHALLENGE_SECONDS,
        data={"chatbot": public_id},
        hmac_secret=signing,
        hmac_key_secret=answering,
    ).to_dict()
    return challenge


def solved(text: str, public_id: str) -> bytes | None:
    """The signature of the challenge of this chatbot that `text`, ALTCHA's payload in base64, solves; None if it solves
    none that is good now. Raises SettingsError."""
    import altcha

    try:
        payload = altcha.Payload.from_base64(text)
        results = [
            altcha.verify_solution(payload, signing, hmac_key_secret=answering) for signing, answering in _keys()
        ]
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return None
    # What was verified is what we signed: these fields are ours from here on.
    if not any(each.verified for each in results) or payload.challenge.parameters.data != {"chatbot": public_id}:
        return None
    return bytes.fromhex(str(payload.challenge.signature))


def _keys() -> list[tuple[bytes, bytes]]:
    """The keys that sign challenges and their answers, newest first."""
    return list(zip(visitors.derived_keys("challenge"), visitors.derived_keys("answer to a challenge"), strict=True))
