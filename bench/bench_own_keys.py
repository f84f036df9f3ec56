"""Measures what an own key adds to an answer beside the operator's: opening the key while its data key is kept, and
what the question's terms have more. Neither adds a round trip: tests/provider_keys/test_round_trips_of_own_keys.py.
"""

import asyncio
import os
import time
from decimal import Decimal
from uuid import uuid4

from pydantic import SecretStr

from bench.report import median, ratio, table
from oneai import settings
from oneai.chat.turn.answer_terms import terms_json
from oneai.models import Model
from oneai.provider_keys import data_keys, envelope
from oneai.provider_keys.data_keys import WrappedKey
from oneai.provider_keys.envelope import DataKey, Place
from oneai.provider_keys.stored import StoredKey

ROUNDS = 7
TIMES = 2000
MODEL = Model(
    id="openai/gpt-4.1-mini",
    canonical_slug="openai/gpt-4.1-mini-2025-04-14",
    name="GPT-4.1 mini",
    description=None,
    created=0,
    context_length=1_000_000,
    max_completion_tokens=32_000,
    input_modalities=("text",),
    output_modalities=("text",),
    prompt_price=Decimal("0.0000004"),
    completion_price=Decimal("0.0000016"),
    pricing="plain",
    price_version="1",
    supported_parameters=("tools",),
)


def stored_key() -> StoredKey:
    """A key whose data key is kept, so that nothing asks KMS."""
    workspace, key_id, data_key_id = uuid4(), uuid4(), uuid4()
    wrapped = WrappedKey(data_key_id, workspace, os.urandom(200))
    plain = os.urandom(32)
    data_keys._kept[workspace, wrapped.wrapped] = (plain, time.monotonic() + 3600)
    sealed = envelope.seal(
        SecretStr("sk-proj-" + "x" * 100), Place(workspace, "openai", key_id), DataKey(data_key_id, plain)
    )
    return StoredKey(key_id, workspace, "openai", None, sealed, wrapped)


async def opening() -> float:
    """Milliseconds to open a key, by the median of the rounds."""
    key = stored_key()
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(TIMES):
            await key.secret()
        rounds.append((time.perf_counter() - began) / TIMES * 1000)
    return median(rounds)


def terms_bytes(kms_key: str) -> int:
    """The bytes of a question's terms, with or without own keys."""
    os.environ["PROVIDER_KEYS_KMS_KEY"] = kms_key
    settings.reset_cache()
    return len(terms_json([[MODEL]], None, 0))


def main() -> None:
    """Measures and prints."""
    milliseconds = asyncio.run(opening())
    without, with_keys = terms_bytes(""), terms_bytes("arn:aws:kms:key")
    table(
        ["what", "operator's key", "own key"],
        [["opening the key, ms", "0", f"{milliseconds:.4f}"], ["terms of a question, bytes", without, with_keys]],
    )
    ratio("bytes of the terms with own keys to those without", with_keys / without)


if __name__ == "__main__":
    main()
