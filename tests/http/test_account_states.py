"""Every route, called by a user whose account is suspended or being deleted, or whose session was ended."""

from uuid import uuid4

import pytest
import pytest_asyncio

from tests.http.ladder import Belongings, call, possess, refused, subscribe
from tests.http.rights import PERSONAL, WHILE_DELETING, WHILE_SUSPENDED, WITH_A_KEY
from tests.world import World


async def subscriber(world: World, column: str) -> tuple[str, Belongings]:
    """A user who has everything, in the state of this column."""
    who = world.newcomer()
    has = await possess(world, who)
    has.proof = await subscribe(world, who)
    set_column(world, who, column)
    return who, has


def set_column(world: World, who: str, column: str) -> None:
    """Suspends `who`, or requests the deletion of their account."""
    query = {
        "suspended_at": "update oneai.users set suspended_at = oneai.now() where id = %s",
        "deletes_at": "update oneai.users set deletes_at = oneai.now() + interval '14 days' where id = %s",
    }[column]
    world.database.rows(query, world.people[who])


@pytest_asyncio.fixture(scope="module")
async def suspended(shared: World) -> tuple[str, Belongings]:
    """A suspended user with a valid token."""
    return await subscriber(shared, "suspended_at")


@pytest_asyncio.fixture(scope="module")
async def deleting(shared: World) -> tuple[str, Belongings]:
    """A user whose account is being deleted, with a valid token."""
    return await subscriber(shared, "deletes_at")


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_key_of_a_suspended_user_is_refused_everywhere(
    route: tuple[str, str], shared: World, suspended: tuple[str, Belongings]
) -> None:
    _, has = suspended

    answer = await call(shared, route, has, {"authorization": f"Bearer {has.secret}"})

    refused(answer, 403, "account_suspended" if route in WITH_A_KEY else "insufficient_scope")


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_key_of_an_account_being_deleted_is_refused_everywhere(
    route: tuple[str, str], shared: World, deleting: tuple[str, Belongings]
) -> None:
    who, has = deleting
    set_column(shared, who, "deletes_at")  # again, where it was restored

    answer = await call(shared, route, has, {"authorization": f"Bearer {has.secret}"})

    refused(answer, 403, "account_deleting" if route in WITH_A_KEY else "insufficient_scope")


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_a_suspended_user_keeps_access_to_payments_and_their_data_alone(
    route: tuple[str, str], shared: World, suspended: tuple[str, Belongings]
) -> None:
    who, has = suspended

    answer = await call(shared, route, has, shared.headers(who))

    if route in WHILE_SUSPENDED:
        assert answer.is_success
    else:
        refused(answer, 403, "account_suspended")


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_an_account_being_deleted_is_refused_with_the_time_of_its_deletion(
    route: tuple[str, str], shared: World, deleting: tuple[str, Belongings]
) -> None:
    who, has = deleting
    set_column(shared, who, "deletes_at")  # again, where it was restored

    answer = await call(shared, route, has, shared.headers(who))

    if route in WHILE_DELETING:
        assert answer.is_success
    else:
        refused(answer, 403, "account_deleting")
        assert answer.json()["error"]["deletes_at"].endswith("Z")


@pytest.mark.sampled(0.25)
@pytest.mark.parametrize("route", PERSONAL, ids=" ".join)
async def test_an_ended_session_is_refused_although_its_token_has_not_expired(
    route: tuple[str, str], shared: World, belongings: Belongings
) -> None:
    session = str(uuid4())
    shared.database.rows(
        "insert into oneai.ended_sessions (session_id, user_id) values (%s, %s)", session, shared.people["asha"]
    )
    token = shared.signer.token(shared.people["asha"], None, session_id=session)

    answer = await call(shared, route, belongings, {"authorization": f"Bearer {token}"})

    refused(answer, 401, "unauthenticated")
    assert answer.json()["error"]["reason"] == "session_ended"
