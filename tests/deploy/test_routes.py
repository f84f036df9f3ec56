"""The template and the apps agree: no route leads nowhere, none is out of reach, and `events/` has one of each."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from local import template
from local.functions import load
from tests.deploy.transformed import REPOSITORY, functions, routes

EVENTS = REPOSITORY / "events"
SERVED = sorted({name for _, _, name, _ in routes()})


def folder(name: str) -> Path:
    """Where a function's code is."""
    return REPOSITORY / str(functions()[name]["Properties"]["CodeUri"])


@cache
def app(name: str) -> Starlette:
    """A function's app, loaded as the local stack loads it."""
    (function,) = (each for each in template.read(REPOSITORY / "template.yaml").functions if each.logical_id == name)
    found: Starlette = load(function).app
    return found


def nameless(path: str) -> str:
    """A path with its parameters' names and kinds taken out, which are the app's own affair."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def offered(name: str) -> set[tuple[str, str]]:
    """Method and path of everything an app answers; HEAD comes with every GET of Starlette's."""
    return {
        (method, nameless(route.path))
        for route in app(name).routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


@pytest.mark.parametrize("name", SERVED)
def test_the_template_routes_exactly_what_a_function_answers(name: str) -> None:
    assert {(method, nameless(path)) for method, path, owner, _ in routes() if owner == name} == offered(name)


@pytest.mark.parametrize("name", SERVED)
def test_an_app_has_nothing_but_routes(name: str) -> None:
    assert [route for route in app(name).routes if not isinstance(route, Route)] == []


def test_what_anybody_may_read_is_in_no_function_that_waits_for_the_payment_provider() -> None:
    buying = {name for method, path, name, _ in routes() if path == "/subscription/create"}
    reading = {name for _, path, name, _ in routes() if path.startswith("/subscription/plans")}

    assert (buying, reading) == ({"SubscriptionFunction"}, {"HealthFunction"})


def test_no_two_functions_answer_the_same_route() -> None:
    known = [(method, nameless(path)) for method, path, _, _ in routes()]
    assert len(known) == len(set(known))


def sample(name: str) -> list[dict[str, Any]]:
    """A function's sample invocations."""
    return [json.loads(file.read_text()) for file in sorted((EVENTS / folder(name).name).glob("*.json"))]


@pytest.mark.parametrize("name", SERVED)
def test_there_is_a_sample_of_every_route_by_the_apis_address_and_by_a_domain_of_ones_own(name: str) -> None:
    wanted = {(method, path) for method, path, owner, _ in routes() if owner == name}
    for prefix in ("", "/api"):
        sampled = {
            (event["httpMethod"], event["resource"])
            for event in sample(name)
            if event["path"] == prefix + event["resource"].format(**(event["pathParameters"] or {}))
        }
        assert sampled == wanted


def test_every_function_has_a_sample() -> None:
    assert {function.name for function in EVENTS.iterdir()} == {folder(name).name for name in functions()}


def test_a_sample_of_a_schedule_is_what_the_scheduler_sends() -> None:
    scheduled = {
        name
        for name, function in functions().items()
        if any(event["Type"] == "ScheduleV2" for event in function["Properties"].get("Events", {}).values())
    }
    for name in scheduled - set(SERVED):
        for event in sample(name):
            assert event["source"] == "aws.scheduler"
            assert event["detail-type"] == "Scheduled Event"


def test_no_sample_holds_a_real_token() -> None:
    for file in EVENTS.glob("*/*.json"):
        tokens = set(re.findall(r"Bearer ([^\"]+)", file.read_text()))
        assert tokens <= {"ACCESS_TOKEN"}, file
