"""One convention for `from` and `to`: days and instants, read alike by every route that takes them."""

import pytest

from tests.world import World

ROUTES = ["/conversations", "/chat/history", "/search", "/user/usage", "/user/usage/export"]


def asked(path: str, **params: str) -> dict[str, str]:
    """The parameters, with what the route cannot do without."""
    return {"q": "rain", **params} if path == "/search" else params


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "span",
    [
        {"from": "2026-11-01", "to": "2026-11-30"},
        {"from": "2026-11-01T00:00:00Z", "to": "2026-11-30T00:00:00+05:30"},
        {"from": "2026-11-01", "to": "2026-11-30T00:00:00Z", "tz": "Asia/Kolkata"},
    ],
    ids=str,
)
async def test_every_route_accepts_days_and_instants(path: str, span: dict[str, str], shared: World) -> None:
    assert (await shared.get(path, **asked(path, **span))).status_code == 200


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({"from": "2026-11-01T00:00:00"}, "from", "wrong_format"),
        ({"to": "21.11.2026"}, "to", "wrong_format"),
        ({"to": ""}, "to", "wrong_format"),
        ({"to": "9999-12-31"}, "to", "invalid"),
        ({"tz": "Mars/Olympus"}, "tz", "unknown_time_zone"),
        ({"tz": "Mars/Olympus", "from": "2026-11-01"}, "tz", "unknown_time_zone"),
    ],
    ids=str,
)
async def test_every_route_refuses_invalid_ranges_alike(
    path: str, params: dict[str, str], field: str, code: str, shared: World
) -> None:
    answer = await shared.get(path, **asked(path, **params))

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["error"]["details"]] == [(field, code)]
