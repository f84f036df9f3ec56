"""No act of an admin goes without a reason, whichever route it is."""

import re
from uuid import uuid4

import pytest

from tests.admin.staff import make_staff
from tests.http.rights import ADMINS
from tests.world import World

ACTS = sorted(route for route in ADMINS if route[0] != "GET")
PLACES = {"{quota_key}": "small_messages", "{kind}": "mail"}


def address(path: str) -> str:
    """The path of something that is not there."""
    number = path.startswith(("/admin/quota-overrides/", "/admin/plan-grants/", "/admin/incidents/"))
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return re.sub(r"\{[^}]*\}", "1" if number else str(uuid4()), path)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize("route", ACTS, ids=" ".join)
async def test_an_action_without_a_reason_is_refused_by_that_field(route: tuple[str, str], shared: World) -> None:
    method, path = route
    headers = shared.headers(make_staff(shared))

    for body in ({}, {"reason": ""}, {"reason": " \n"}, {"reason": None}):
        answer = await shared.http.request(method, address(path), json=body, headers=headers)
        assert answer.status_code == 422, answer.text
        assert "reason" in [each["field"] for each in answer.json()["error"]["details"]]
