"""The project's keys: requested rarely, never lost to a failure, and new ones noticed."""

import asyncio
import contextlib
from uuid import UUID

import pytest

from oneai.clients import jwks, supabase_auth
from oneai.clients.jwks import KeySet
from oneai.errors import Busy, Unauthenticated
from tests.clients.supabase_auth.conftest import Configure
from tests.clients.supabase_auth.project import ASHA, Project, SigningKey, a_project
from tests.patience import until

pytestmark = pytest.mark.sampled(0.34)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(project: Project, clock: Clock) -> KeySet:
    """The project's keys, by the test's clock."""
    return KeySet(project.jwks_url, clock=clock)


async def test_concurrent_callers_fetch_the_keys_once(project: Project, key: SigningKey) -> None:
    project.pause = 0.1
    token = project.token(key)

    people = await asyncio.gather(*(supabase_auth.verify(token) for _ in range(50)))

    assert {user.user_id for user in people} == {UUID(ASHA)}
    assert project.asked == 1


async def test_a_caller_who_leaves_does_not_cancel_the_fetch_of_others(project: Project, key: SigningKey) -> None:
    project.pause = 0.2
    token = project.token(key)
    first = asyncio.create_task(supabase_auth.verify(token))
    second = asyncio.create_task(supabase_auth.verify(token))
    await project.asking.wait()

    first.cancel()

    assert (await second).user_id == UUID(ASHA)
    assert project.asked == 1


async def test_the_keys_are_cached_for_ten_minutes(project: Project, keys: KeySet, clock: Clock) -> None:
    assert await keys.find("first-key")
    clock.now += 599
    assert await keys.find("first-key")
    assert project.asked == 1

    clock.now += 1

    assert await keys.find("first-key")
    assert project.asked == 2


async def test_a_key_withdrawn_by_the_project_is_dropped(project: Project, keys: KeySet, clock: Clock) -> None:
    assert await keys.find("first-key")
    project.lists(SigningKey.elliptic("second-key"))

    clock.now += 600

    assert await keys.find("first-key") is None
    assert await keys.find("second-key")


async def test_a_new_key_is_noticed_at_once(project: Project, key: SigningKey) -> None:
    await supabase_auth.verify(project.token(key))
    following = SigningKey.elliptic("second-key")
    project.lists(key, following)

    assert (await supabase_auth.verify(project.token(following))).user_id == UUID(ASHA)
    assert (await supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)
    assert project.asked == 2


async def test_a_new_key_is_fetched_once_for_all_tokens_that_use_it(project: Project, key: SigningKey) -> None:
    await supabase_auth.verify(project.token(key))
    following = SigningKey.elliptic("second-key")
    project.lists(key, following)
    project.pause = 0.1
    token = project.token(following)

    people = await asyncio.gather(*(supabase_auth.verify(token) for _ in range(20)))

    assert len(people) == 20
    assert project.asked == 2


async def test_unknown_key_ids_cause_one_fetch_a_minute(project: Project, keys: KeySet, clock: Clock) -> None:
    assert await keys.find("first-key")
    for number in range(30):
        assert await keys.find(f"invented-{number}") is None
    assert project.asked == 2
    clock.now += 59
    assert await keys.find("invented") is None
    assert project.asked == 2

    clock.now += 1

    assert await keys.find("invented") is None
    assert project.asked == 3


async def test_an_unknown_key_id_on_a_cold_start_causes_one_fetch(project: Project, key: SigningKey) -> None:
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await supabase_auth.verify(project.token(SigningKey(f"invented-{number}", "ES256", key.private)))

    assert project.asked <= 2


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'{"keys": 1}', b'{"error": "paused"}', b"\xff"])
async def test_the_last_good_keys_are_kept_if_the_answer_is_no_key_set(
    project: Project, keys: KeySet, clock: Clock, body: bytes
) -> None:
    assert await keys.find("first-key")
    project.body = body

    clock.now += 3600

    assert await keys.find("first-key")
    assert await keys.find("second-key") is None


async def test_the_last_good_keys_are_kept_while_the_project_is_down(
    project: Project, keys: KeySet, clock: Clock
) -> None:
    assert await keys.find("first-key")
    project.status = 503
    clock.now += 600

    assert await keys.find("first-key")
    assert await keys.find("first-key")
    assert project.asked == 2  # not every request asks a broken project again

    project.status = 200
    clock.now += jwks.RETRY_WITH_KEYS
    assert await keys.find("first-key")
    assert project.asked == 3


async def test_known_keys_remain_valid_during_an_outage_of_an_hour(
    project: Project, keys: KeySet, clock: Clock
) -> None:
    assert await keys.find("first-key")
    project.status = 503
    project.listed.append(SigningKey.elliptic("new-key").public())
    fetches = project.asked

    for _ in range(360):
        clock.now += 10
        assert await keys.find("first-key")

    # Not once for each request: after ten minutes, every thirty seconds.
    assert project.asked - fetches == (3600 - jwks.FRESH_FOR) // jwks.RETRY_WITH_KEYS + 1
    assert await keys.find("new-key") is None
    project.status = 200
    clock.now += jwks.UNKNOWN_KID_EVERY
    assert await keys.find("new-key")


async def test_a_token_with_a_known_key_does_not_wait_for_a_slow_project(
    project: Project, keys: KeySet, clock: Clock
) -> None:
    assert await keys.find("first-key")
    project.pause = 0.5
    project.asking.clear()
    clock.now += 600
    refreshing = asyncio.create_task(keys.find("first-key"))
    await project.asking.wait()

    assert await keys.find("first-key")

    assert not refreshing.done()
    await refreshing


async def test_a_request_without_any_keys_is_refused_as_busy_and_not_as_signed_out(
    project: Project, key: SigningKey
) -> None:
    project.status = 500

    with pytest.raises(Busy) as refused:
        await supabase_auth.verify(project.token(key))

    assert refused.value.retry_after


async def test_the_first_fetch_is_repeated_soon(project: Project, keys: KeySet, clock: Clock) -> None:
    project.status = 500
    for _ in range(10):
        with pytest.raises(Busy):
            await keys.find("first-key")
    assert project.asked == 1
    project.status = 200

    clock.now += jwks.RETRY_WITHOUT

    assert await keys.find("first-key")


async def test_a_project_that_never_answers_times_out(
    project: Project, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "FETCH_TIMEOUT", 0.2)
    project.pause = 1

    with pytest.raises(Busy):
        await supabase_auth.verify(project.token(key))


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[half", "nowhere"])
async def test_an_address_without_a_project_signs_no_user_out(configure: Configure, key: SigningKey, url: str) -> None:
    configure(SUPABASE_URL=url)

    with pytest.raises(Busy):
        await supabase_auth.verify(Project(url).token(key))


async def test_an_hs256_project_needs_no_key_set(configure: Configure) -> None:
    import jwt

    configure(SUPABASE_URL="http://127.0.0.1:9", SUPABASE_JWT_SECRET="s" * 40)

    token = jwt.encode(Project("http://127.0.0.1:9").claims(), "s" * 40, "HS256", headers={"kid": "legacy"})

    assert (await supabase_auth.verify(token)).user_id == UUID(ASHA)


async def test_unsupported_keys_do_not_affect_the_others(project: Project, key: SigningKey) -> None:
    good = key.public()
    project.listed = [
        None,
        "key",
        {},
        {"kid": "no-type"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a-secret", "alg": "HS256"},
        {**good, "kid": 7},
        {**good, "kid": "for-encryption", "use": "enc"},
        {**good, "kid": "another-algorithm", "alg": "HS256"},
        {**good, "kid": "another-curve", "crv": ["P-256"]},
        {**good, "kid": "not-a-point", "x": "AA"},
        {"kty": "RSA", "kid": "no-modulus", "alg": "RS256"},
        good,
    ]

    assert (await supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)
    for named in ("a-secret", "for-encryption", "another-algorithm", "another-curve", "not-a-point", "no-modulus"):
        with pytest.raises(Unauthenticated):
            await supabase_auth.verify(project.token(SigningKey(named, "ES256", key.private)))


async def test_the_publishable_key_is_sent_to_the_projects_gateway(
    project: Project, key: SigningKey, configure: Configure
) -> None:
    configure(SUPABASE_PUBLISHABLE_KEY="sb_publishable_1")

    await supabase_auth.verify(project.token(key))

    assert project.apikeys == ["sb_publishable_1"]


def test_keys_fetched_in_one_event_loop_serve_another(key: SigningKey, configure: Configure) -> None:
    async def fetch_and_leave() -> Project:
        async with a_project(key) as project:
            configure(SUPABASE_URL=project.url)
            await supabase_auth.verify(project.token(key))
            project.pause = 5
            asked = project.asked
            waiting = asyncio.create_task(
                supabase_auth.verify(project.token(SigningKey("unknown", "ES256", key.private)))
            )
            await until(lambda: project.asked > asked)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
            return project

    project = asyncio.run(fetch_and_leave())

    assert asyncio.run(supabase_auth.verify(project.token(key))).user_id == UUID(ASHA)


async def test_ready_means_that_tokens_can_be_verified(project: Project, configure: Configure) -> None:
    await supabase_auth.ready()
    assert project.asked == 1
    await supabase_auth.ready()
    assert project.asked == 1


async def test_the_service_is_not_ready_while_the_project_is_unreachable(project: Project) -> None:
    project.status = 500

    with pytest.raises(Busy):
        await supabase_auth.ready()


async def test_a_project_without_public_keys_is_ready_only_with_its_secret(
    project: Project, configure: Configure
) -> None:
    project.lists()
    with pytest.raises(Busy):
        await supabase_auth.ready()

    configure(SUPABASE_JWT_SECRET="s" * 40)

    await supabase_auth.ready()
