"""The log of a failed request has enough to find the cause and none of its data."""

import logging
from typing import Any

import pytest

from oneai.errors import InternalError
from oneai.http.failures import causes
from tests.admin.staff import make_staff
from tests.canaries import CANARY
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(each) for each in caplog.records if each.getMessage() == "a request could not be served"]


async def test_a_500_is_logged_with_its_sqlstate_and_function(
    own_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    admin = make_staff(own_world)
    own_world.database.rows("revoke select on oneai.refusals from oneai_admin")

    answer = await own_world.get(f"/admin/requests/{CANARY}", admin)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    (line,) = lines(caplog)
    assert (line["code"], line["request_id"]) == ("internal_error", answer.json()["request_id"])
    assert line["levelname"] == "ERROR"
    assert line["cause"] == "InsufficientPrivilege 42501"
    assert line["raised_in"] == "oneai.admin.refusals.find_request"
    assert line["route"] == "/admin/requests/{request_id}"
    assert CANARY not in str(line)


async def test_a_500_of_the_chat_is_logged_with_its_function(
    own_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    own_world.database.rows("revoke execute on function oneai.admit from oneai_app")

    answer = await own_world.post("/chat/stream", {"message": f"Hello {CANARY}"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    (line,) = lines(caplog)
    assert line["cause"] == "InsufficientPrivilege 42501"
    assert str(line["raised_in"]).startswith("oneai.chat.")
    assert line["request_id"] == answer.json()["request_id"]
    assert CANARY not in str(line)


async def test_a_refusal_is_not_logged_as_a_failure(own_world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    assert (await own_world.get("/admin/requests/x")).status_code == 404

    assert lines(caplog) == []


def unreachable() -> None:
    """Fails as a client does whose service cannot be reached."""
    try:
        raise ConnectionError(f"https://asha:{CANARY}@example.com refused")
    except ConnectionError as refused:
        raise InternalError from refused


def test_causes_are_named_by_class_and_never_by_their_text() -> None:
    with pytest.raises(InternalError) as raised:
        unreachable()

    assert causes(raised.value) == ["ConnectionError"]
    assert causes(InternalError()) == []


@pytest.mark.parametrize("path", ["/v1/{key}", "/v1/models/{key}", "/chat/stream/{key}", "/{key}"])
async def test_no_log_line_has_a_key_that_a_client_put_into_a_path_or_id(
    own_world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="oneai")
    key = "oneai_sk_" + "ThisIsAMadeUpKeyOfFortyCharactersInAll00"
    asked = own_world.headers("asha", **{"x-client-request-id": key})

    answer = await own_world.http.get(path.format(key=key), headers=asked)

    assert answer.status_code == 404
    assert [str(vars(line)) for line in caplog.records if line.name == "oneai" and key in str(vars(line))] == []
    printed = capfd.readouterr()
    assert key not in printed.out + printed.err


async def test_a_request_id_chosen_by_the_client_is_logged(own_world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="oneai")
    uuid = "0b6f2f1e-3c47-4a9b-9d53-7c1e5a9f8008"

    await own_world.http.get("/v1/models", headers=own_world.headers("asha", **{"x-client-request-id": uuid}))

    assert uuid in [vars(line).get("client_request_id") for line in caplog.records]
