"""The rotation of one of our keys: create a new one, verify it, put it into the secret, disable the old one.

Every step can be repeated: a new key's name says which one it replaces, and the secret holds both, the new one first,
until the old one is disabled. So a second run goes on where the first was broken off. Two rotations at once are
for the caller to prevent. The management key and the new key are in no step, error or log.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from oneai.clients import secret_versions
from oneai.clients.openrouter import management
from oneai.clients.openrouter.completion import complete
from oneai.clients.openrouter.failures import KeyRefused
from oneai.clients.openrouter.management import KeyInfo
from oneai.errors import EmptyAnswer, OneAIError

SETTING = "OPENROUTER_API_KEY"
# The longest that a function runs, on AWS: until then a request may be under way with the old key. It is also longer
# than the five minutes in which a function does not read the secret again.
WAIT_SECONDS = 900.0
# A key that has just been made may not be known everywhere yet.
VERIFY_ATTEMPTS = 6
SECONDS_BETWEEN_ATTEMPTS = 5.0
VERIFY_TOKENS = 64

type Pause = Callable[[float], Awaitable[None]]


class RotationFailed(Exception):
    """The rotation cannot go on; the text is a sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Step:
    """What has just been done, or with `waiting` is about to be; `label` is OpenRouter's name for the key."""

    action: Literal["discarded", "created", "verified", "deployed", "resumed", "waiting", "disabled", "removed"]
    label: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class _Pair:
    """A key of the secret, and the one that is to replace it."""

    old_key: str
    old: KeyInfo
    new: KeyInfo


async def rotate(
    management_key: str, model: str, *, hint: str = "", wait_seconds: float, pause: Pause = asyncio.sleep
) -> AsyncIterator[Step]:
    """Rotates the secret's key that ends with `hint`, or its only one; yields each step when it is done.

    A rotation that was broken off is finished first, and instead. `model` answers a question to the new key. The old
    one is disabled `wait_seconds` after the new one got into the secret, which `pause` waits for. Raises
    RotationFailed, SecretUnavailable, and OneAIError while OpenRouter is away.
    """
    listed = await management.list_keys(management_key)
    secret = await asyncio.to_thread(secret_versions.read)
    keys = _split(secret.value(SETTING))
    pair = _unfinished(keys, listed)
    if pair is not None:
        yield Step("resumed", pair.new.label)
    else:
        old_key = _select(keys, hint)
        old = _info_of(old_key, listed)
        for orphan in _orphans(old, keys, listed):
            await management.delete_key(management_key, orphan.hash)
            yield Step("discarded", orphan.label)
        new, new_key = await management.create_key(management_key, _name_of_replacement(old), old.limits)
        yield Step("created", new.label)
        await _verify(management_key, new, new_key, model)
        yield Step("verified", new.label)
        at = keys.index(old_key)
        both = ",".join([*keys[:at], new_key, *keys[at:]])
        secret = await asyncio.to_thread(secret_versions.replace, secret, **{SETTING: both})
        yield Step("deployed", new.label)
        pair = _Pair(old_key, old, new)
    if not pair.old.disabled:
        remaining = wait_seconds - (datetime.now(UTC) - secret.created_at).total_seconds()
        if remaining > 0:
            yield Step("waiting", pair.old.label, remaining)
            await pause(remaining)
        await management.disable_key(management_key, pair.old.hash)
        yield Step("disabled", pair.old.label)
    secret = await asyncio.to_thread(secret_versions.read)
    left = [key for key in _split(secret.value(SETTING)) if key != pair.old_key]
    await asyncio.to_thread(secret_versions.replace, secret, **{SETTING: ",".join(left)})
    yield Step("removed", pair.old.label)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _select(keys: list[str], hint: str) -> str:
    """The key to replace."""
    endings = ", ".join(f"…{key[-4:]}" for key in keys)
    if not keys:
        raise RotationFailed(f"The secret has no {SETTING}: create the first key in OpenRouter's dashboard.")
    matching = [key for key in keys if key.endswith(hint)]
    if len(matching) != 1 and hint:
        raise RotationFailed(f"{len(matching)} of the secret's keys end with {hint}: {endings}.")
    if len(matching) != 1:
        raise RotationFailed(f"The secret has several keys: {endings}. The last characters of one say which to rotate.")
    return matching[0]


def _info_of(key: str, listed: list[KeyInfo]) -> KeyInfo:
    """The key as the keys API lists it."""
    infos = [each for each in listed if each.is_of(key)]
    if not infos:
        raise RotationFailed(f"The key …{key[-4:]} is not of the account that the management key is for.")
    if len(infos) > 1:
        raise RotationFailed(f"Several keys of the account are labelled {infos[0].label}. Rotate this one by hand.")
    return infos[0]


def _name_of_replacement(old: KeyInfo) -> str:
    return f"OneAI, replaces {old.label}"


def _unfinished(keys: list[str], listed: list[KeyInfo]) -> _Pair | None:
    """Two keys of the secret: one replaces the other."""
    known = [(key, info) for key in keys for info in listed if info.is_of(key)]
    for old_key, old in known:
        for _, new in known:
            if new.name == _name_of_replacement(old):
                return _Pair(old_key, old, new)
    return None


def _orphans(old: KeyInfo, keys: list[str], listed: list[KeyInfo]) -> list[KeyInfo]:
    """Keys that were created to replace `old` and did not get into the secret: their text is lost."""
    name = _name_of_replacement(old)
    return [each for each in listed if each.name == name and not any(each.is_of(key) for key in keys)]


async def _verify(management_key: str, new: KeyInfo, new_key: str, model: str) -> None:
    """Asks a model with the new key; where it is refused, deletes the key. Raises RotationFailed."""
    request = {"model": model, "messages": [{"role": "user", "content": "Say OK."}], "max_tokens": VERIFY_TOKENS}
    problem = ""
    for attempt in range(VERIFY_ATTEMPTS):
        if attempt:
            await asyncio.sleep(SECONDS_BETWEEN_ATTEMPTS)
        try:
            async with complete(request, key=new_key) as completion:
                async for _ in completion:
                    pass
        except EmptyAnswer:
            return
        except KeyRefused:
            problem = "OpenRouter does not accept the new key"
        except OneAIError as error:
            problem = f"{model} did not answer to the new key ({error.code})"
        else:
            return
    await management.delete_key(management_key, new.hash)
    raise RotationFailed(f"{problem}. It is deleted again, and the secret is as it was.")
