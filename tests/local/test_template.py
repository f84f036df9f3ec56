"""The gateway reads functions, routes and schedules from a template."""

from local.functions import variables
from local.template import Template


def test_globals_and_parameters_reach_a_function_and_values_of_aws_remain_unknown(sample: Template) -> None:
    function = sample.function("DiaryFunction")
    assert function is not None

    assert function.environment["SAMPLE_DIARY"] is None  # a parameter without a default
    assert function.environment["SAMPLE_ARN"] is None
    assert variables(function) == {
        "SAMPLE_GREETING": "Namaste",
        "SAMPLE_SENTENCE": "Namaste, world",
        "SAMPLE_PAGE": "diary",
    }


def test_merged_settings_apply_unless_the_function_overrides_them(sample: Template) -> None:
    merged = {f.name: (f.url_mode, f.timeout) for f in sample.functions if f.url_mode}

    assert merged == {"hook": ("BUFFERED", 7), "lean": ("BUFFERED", 5)}


def test_a_function_is_found_by_its_folder_and_by_its_logical_id(sample: Template) -> None:
    assert sample.function("trickle") == sample.function("TrickleFunction") is not None
    assert sample.function("unknown") is None


def test_a_route_is_streamed_exactly_if_sam_streams_it(sample: Template) -> None:
    streamed = {route.path for route in sample.routes if route.streamed}

    assert streamed == {"/trickle", "/trickle/short", "/left", "/chosen", "/chosen/{path+}"}


def test_no_route_exceeds_the_timeout_of_aws(sample: Template) -> None:
    patience = {route.path: route.timeout for route in sample.routes}

    assert patience["/count"] == 29
    assert patience["/sleep"] == 0.2
    assert patience["/trickle"] == 900


def test_a_resource_of_other_parameters_does_not_exist(sample: Template) -> None:
    assert sample.function("DistantFunction") is None
    assert "/never" not in {route.path for route in sample.routes}


def test_a_route_of_the_api_definition_calls_the_function_that_parameters_choose(sample: Template) -> None:
    chosen = [route for route in sample.routes if route.path.startswith("/chosen")]

    assert [(each.method, each.path, each.function.logical_id, each.streamed, each.timeout) for each in chosen] == [
        ("POST", "/chosen", "TrickleFunction", True, 60),
        ("ANY", "/chosen/{path+}", "TrickleFunction", True, 60),
        ("PUT", "/chosen/whole", "WholeFunction", False, 29),
    ]


def test_disabled_schedules_do_not_run(sample: Template) -> None:
    assert {trigger.name.split("/")[1] for trigger in sample.triggers} == {"Hourly", "Daily", "Quarterly"}
