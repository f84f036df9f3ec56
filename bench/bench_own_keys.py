"""Measures what an own key adds to an answer beside the operator's: opening the key while its data key is kept, what
the question's terms have more, the time to the first token, and how many questions a second are admitted and answered.
None adds a round trip: tests/provider_keys/test_round_trips_of_own_keys.py.
"""

import asyncio
import os
import time
from decimal import Decimal
from uuid import uuid4

import httpx
from pydantic import SecretStr

from bench import stack, upstream
from bench.bench_slow_endpoints import add_servers
from bench.people import User
from bench.report import at_least, median, ratio, step, table
from bench.stack import Stack
from oneai import settings
from oneai.chat.turn.answer_terms import terms_json
from oneai.models import Model
from oneai.provider_keys import data_keys, envelope
from oneai.provider_keys.data_keys import WrappedKey
from oneai.provider_keys.envelope import DataKey, Place
from oneai.provider_keys.stored import StoredKey

ROUNDS = 7
TIMES = 2000
# Questions that are asked one after the other, and those that are asked at once by as many people.
ONE_BY_ONE, AT_ONCE = 60, 50
QUESTION = upstream.pace(first=0, chunks=1, pause=0)
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
    try:
        return len(terms_json([[MODEL]], None, 0))
    finally:
        # The stack that is started afterwards has a KMS of its own.
        del os.environ["PROVIDER_KEYS_KMS_KEY"]


async def ask(running: Stack, asked: list[tuple[User, str]]) -> list[float]:
    """Asks these questions at once; the seconds to the first token of each."""
    listeners = [await running.ours.connect() for _ in asked]
    heard = await asyncio.gather(
        *(
            running.ours.ask(listener, QUESTION, user, model)
            for listener, (user, model) in zip(listeners, asked, strict=True)
        )
    )
    for one, listener in zip(heard, listeners, strict=True):
        assert b"event: done" in one.body, one
        listener.close()
    return [one.first for one in heard]


async def answering(running: Stack) -> dict[str, tuple[float, float]]:
    """By what pays: the median of the milliseconds to the first token, and answers a second."""
    people = running.people(AT_ONCE)
    async with httpx.AsyncClient(base_url=f"{running.ours.program.address}/api", timeout=60) as client:
        servers = [
            slow
            for user in running.people(AT_ONCE)
            for slow in await add_servers(client, running.straight.program.address, user, 1)
        ]
    cases = {
        "operator's key": [(user, upstream.MODEL) for user in people],
        "own key": [(each.user, each.model) for each in servers],
    }
    firsts: dict[str, list[float]] = {name: [] for name in cases}
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(ROUNDS + 1):
        step(f"round {round_} of {ROUNDS}" if round_ else "warming up")
        for name, asked in cases.items():
            one_by_one = [(await ask(running, [asked[n % AT_ONCE]]))[0] for n in range(ONE_BY_ONE)]
            started = time.perf_counter()
            await ask(running, asked)
            if round_:
                firsts[name] += one_by_one
                rates[name].append(AT_ONCE / (time.perf_counter() - started))
    return {name: (median(firsts[name]) * 1000, median(rates[name])) for name in cases}


def main() -> None:
    """Measures and prints."""
    milliseconds = asyncio.run(opening())
    without, with_keys = terms_bytes(""), terms_bytes("arn:aws:kms:key")
    table(
        ["what", "operator's key", "own key"],
        [["opening the key, ms", "0", f"{milliseconds:.4f}"], ["terms of a question, bytes", without, with_keys]],
    )
    ratio("bytes of the terms with own keys to those without", with_keys / without)
    with stack.running(more={"CUSTOM_ANSWERS_AT_ONCE": "1000"}) as running:
        found = asyncio.run(answering(running))
    rows = [[name, f"{first:.2f}", f"{rate:.0f}"] for name, (first, rate) in found.items()]
    table(["paid by", "first token, ms", "answers a second"], rows)
    (plan_first, plan_rate), (own_first, own_rate) = found.values()
    print(f"An own key adds {own_first - plan_first:.2f} ms to the first token.")
    at_least("answers a second, own key to the plan", own_rate / plan_rate)


if __name__ == "__main__":
    main()
