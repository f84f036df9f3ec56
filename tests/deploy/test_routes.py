"""The template and the apps agree: no route leads nowhere, none is out of reach, each function has a sample event."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Match, Route

from local import template
from local.functions import load
from local.sample_event import event_of
from tests.deploy.samples import callable_route, committed, of_routes, on_own_domain, route
from tests.deploy.transformed import REPOSITORY, functions, resources, routes

EVENTS = REPOSITORY / "events"
SERVED = sorted({name for _, _, name in routes()})


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
        for method in (route.methods or {"ANY"}) - {"HEAD"}
    }


@pytest.mark.parametrize("name", SERVED)
def test_the_template_routes_exactly_what_a_function_answers(name: str) -> None:
    assert {(method, nameless(path)) for method, path, owner in routes() if owner == name} == offered(name)


@pytest.mark.parametrize("name", SERVED)
def test_an_app_contains_only_routes(name: str) -> None:
    assert [route for route in app(name).routes if not isinstance(route, Route)] == []


@pytest.mark.parametrize("name", SERVED)
def test_a_literal_path_takes_precedence_over_a_parameter(name: str) -> None:
    for method, path, owner in routes():
        if owner == name and method != "ANY":
            scope = {"type": "http", "method": method, "path": re.sub(r"\{[^}]*\}", "x", path), "headers": []}
            first = next(each for each in app(name).routes if each.matches(scope)[0] is Match.FULL)
            assert isinstance(first, Route)
            assert nameless(first.path) == nameless(path), f"{first.path} hides {method} {path}"


def test_public_routes_are_not_in_a_function_that_waits_for_the_payment_provider() -> None:
    buying = {name for _, path, name in routes() if path == "/subscription/create"}
    reading = {name for _, path, name in routes() if path.startswith("/subscription/plans")}

    assert (buying, reading) == ({"SubscriptionFunction"}, {"HealthFunction"})


def test_no_two_functions_answer_the_same_route() -> None:
    known = [(method, nameless(path)) for method, path, _ in routes()]
    assert len(known) == len(set(known))


@pytest.mark.sampled(0.2)
@pytest.mark.parametrize("name", SERVED)
def test_the_event_of_every_route_has_the_fields_of_api_gateway(name: str) -> None:
    events = of_routes(name)
    assert {route(event) for event in events} == {
        f"{callable_route(method, path)[0]} {path}" for method, path, owner in routes() if owner == name
    }
    (real, *_) = committed(name).values()
    for event in events:
        assert event["path"] == event["resource"].replace("+}", "}").format(**(event["pathParameters"] or {}))
        assert event["resource"] in {path for _, path, owner, _ in resources() if owner == name}
        assert event.keys() == real.keys()
        assert event["requestContext"].keys() <= real["requestContext"].keys()
        assert on_own_domain(event)["path"] == f"/api{event['path']}"


@pytest.mark.exhaustive
def test_the_event_of_a_route_is_printed_for_sam() -> None:
    command = [sys.executable, "-m", "local.sample_event", "PATCH /api/conversations/{id}", "--token", "TOKEN"]
    printed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    event = json.loads(printed)
    assert event == event_of("PATCH", "/conversations/{id}", "TOKEN") | {"requestContext": event["requestContext"]}
    assert event["headers"]["authorization"] == "Bearer TOKEN"
    command[3] = "GET /nowhere"
    assert subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False).returncode == 1


@pytest.mark.exhaustive
def test_sam_local_finds_the_function_of_every_buffered_resource() -> None:
    from samcli.lib.providers.api_provider import ApiProvider
    from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider

    stacks, _ = SamLocalStackProvider.get_stacks(str(REPOSITORY / "template.yaml"))

    found = {(each.path, each.function_name) for each in ApiProvider(stacks).routes}
    assert found == {(path, name) for _, path, name, streamed in resources() if not streamed}


def test_every_function_has_a_sample() -> None:
    assert {function.name for function in EVENTS.iterdir()} == {folder(name).name for name in functions()}


def test_a_sample_of_a_schedule_equals_what_the_scheduler_sends() -> None:
    scheduled = {
        name
        for name, function in functions().items()
        if any(event["Type"] == "ScheduleV2" for event in function["Properties"].get("Events", {}).values())
    }
    for name in scheduled - set(SERVED):
        for event in committed(name).values():
            if event["source"] == "aws.s3":  # of a function that has a rule as well
                continue
            assert event["source"] == "aws.scheduler"
            assert event["detail-type"] == "Scheduled Event"


def test_no_sample_contains_a_real_token() -> None:
    for file in EVENTS.glob("*/*.json"):
        tokens = set(re.findall(r"Bearer ([^\"]+)", file.read_text()))
        assert tokens <= {"ACCESS_TOKEN", "VISITOR_TOKEN"}, file
