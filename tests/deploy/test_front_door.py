"""What API Gateway does before and instead of our functions."""

import json
import re
from copy import deepcopy
from pathlib import Path

import pytest

from local.answers import refusal_body
from oneai import errors
from oneai.http.edge import COUNTRY
from tests.deploy.transformed import of_type, paths, resources, routes, source, transform

EXPOSED = {
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "X-Request-Id",
    "Content-Disposition",
    "ETag",
}
OPENAI_API = "/v1/{path+}"
BODY = of_type("AWS::ApiGateway::RestApi")["Api"]["Properties"]["Body"]
RESPONSES = BODY["x-amazon-apigateway-gateway-responses"]
STAGE = next(iter(of_type("AWS::ApiGateway::Stage").values()))["Properties"]

# Every kind of refusal of API Gateway for REST APIs, except those of authorizers, because the API has none.
KINDS = {
    "ACCESS_DENIED",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
}


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_a_refusal_by_the_gateway_has_our_error_envelope(kind: str) -> None:
    body = json.loads(RESPONSES[kind]["responseTemplates"]["application/json"])
    ours = errors.BY_CODE[body["error"]["code"]]
    assert body["request_id"] == "$context.extendedRequestId"
    assert RESPONSES[kind].get("statusCode") == (None if kind == "DEFAULT_5XX" else str(ours.status))
    if ours is not errors.UpstreamTimeout:  # whose sentence speaks of a model
        assert body == refusal_body(ours(), "$context.extendedRequestId")


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_any_page_can_read_a_refusal_by_the_gateway(kind: str) -> None:
    headers = RESPONSES[kind]["responseParameters"]
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    exposed = headers["gatewayresponse.header.Access-Control-Expose-Headers"].strip("'")
    assert set(exposed.split(",")) == EXPOSED
    assert headers["gatewayresponse.header.X-Request-Id"] == "context.extendedRequestId"


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_no_cache_stores_a_refusal_by_the_gateway(kind: str) -> None:
    headers = RESPONSES[kind]["responseParameters"]
    assert headers["gatewayresponse.header.Cache-Control"] == "'no-store'"
    assert headers["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"


def test_every_refusal_by_the_gateway_has_our_text() -> None:
    assert set(RESPONSES) == KINDS


def test_a_throttled_client_gets_a_retry_after_header() -> None:
    for kind in ("THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE"):
        assert RESPONSES[kind]["responseParameters"]["gatewayresponse.header.Retry-After"] == "'1'"


def test_every_path_answers_a_preflight_without_a_function() -> None:
    assert set(paths()) == {path for _, path, _, _ in resources()}
    for path, methods in paths().items():
        assert methods["options"]["x-amazon-apigateway-integration"]["type"] == "mock", path
        if path.startswith("/widget/"):
            assert "${stageVariables.widget_origins}" in str(methods["options"]), path
        elif path != OPENAI_API:
            assert methods["options"] == paths()["/chat/stream"]["options"], path


def test_a_preflight_names_the_requesting_origin_only_if_it_is_listed() -> None:
    answer = paths()["/chat/stream"]["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    assert "method.response.header.Access-Control-Allow-Origin" not in answer["responseParameters"]
    script = answer["responseTemplates"]["application/json"]
    # With the commas around both, an origin that is only a part of a listed one is not found.
    assert '#set($listed = ",${stageVariables.cors_origins},")' in script
    assert '$listed.contains(",$origin,")' in script
    assert "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)" in script
    assert script.count("#if") == script.count("#end")
    # Stage variables, because a new list has to count without a new deployment of the API's text.
    assert STAGE["Variables"] == {
        "cors_origins": {"Ref": "CorsOrigins"},
        "widget_origins": {"Fn::Sub": "${CorsOrigins},${WidgetOrigin}"},
    }


def test_a_preflight_of_a_widget_differs_in_its_listed_origins_alone() -> None:
    widgets = [methods["options"] for path, methods in paths().items() if path.startswith("/widget/")]
    assert widgets
    for options in widgets:
        script = options["x-amazon-apigateway-integration"]["responses"]["default"]["responseTemplates"]
        script["application/json"] = script["application/json"].replace("widget_origins", "cors_origins")
        assert options == paths()["/chat/stream"]["options"]


def test_the_allowed_origins_fit_a_stage_variable() -> None:
    pattern = source()["Parameters"]["CorsOrigins"]["AllowedPattern"]
    listed = "https://app.example.com,http://localhost:5173"
    assert re.fullmatch(pattern, listed)
    assert re.fullmatch(r"[A-Za-z0-9._~:/?#&=,-]+", listed)
    for wrong in (
        "*",
        "http://localhost:*",
        "https://*.example.com",
        "https://app.example.com/",
        "https://a.example, https://b.example",
        "",
    ):
        assert not re.fullmatch(pattern, wrong), wrong


def test_a_preflight_for_openais_clients_differs_in_its_allowed_headers_alone() -> None:
    name = "method.response.header.Access-Control-Allow-Headers"
    own = deepcopy(paths()[OPENAI_API]["options"])
    headers = own["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
    allowed = set(headers.pop(name).strip("'").split(","))
    other = deepcopy(paths()["/chat/stream"]["options"])
    del other["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"][name]
    assert own == other
    assert {"Authorization", "Content-Type", "X-Stainless-Retry-Count", "OpenAI-Organization"} <= allowed


def test_a_preflight_allows_what_our_clients_send() -> None:
    answer = paths()["/chat/stop"]["options"]["x-amazon-apigateway-integration"]["responses"]["default"]
    allowed = answer["responseParameters"]["method.response.header.Access-Control-Allow-Headers"]
    assert set(allowed.strip("'").split(",")) == {
        *("Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "If-Unmodified-Since", "Last-Event-ID"),
        "OneAI-Workspace",
    }
    methods = answer["responseParameters"]["method.response.header.Access-Control-Allow-Methods"].strip("'")
    assert {method for method, _, _ in routes()} - {"ANY"} <= set(methods.split(","))
    assert answer["responseParameters"]["method.response.header.Vary"] == "'Origin'"


def test_the_whole_api_is_throttled() -> None:
    everything = STAGE["MethodSettings"][0]
    assert (everything["HttpMethod"], everything["ResourcePath"]) == ("*", "/*")
    assert everything["ThrottlingRateLimit"] == {"Ref": "ThrottlingRate"}
    assert everything["ThrottlingBurstLimit"] == {"Ref": "ThrottlingBurst"}


def test_public_routes_have_their_own_throttle() -> None:
    settings = STAGE["MethodSettings"][1:]
    throttled = {(each["HttpMethod"], each["ResourcePath"].replace("~1", "/")[1:]): each for each in settings}
    functions = ("SharedFunction", "DocsFunction")
    of_strangers = {(method, path) for method, path, name, _ in resources() if name in functions}
    assert set(throttled) == {*of_strangers, ("GET", "/chat/models")}
    # A setting is of a method by its name: `ANY` has none.
    assert "ANY" not in {method for method, _ in throttled}
    for each in throttled.values():
        assert 0 < each["ThrottlingRateLimit"] < each["ThrottlingBurstLimit"]
        assert each["ThrottlingRateLimit"] < source()["Parameters"]["ThrottlingRate"]["Default"]


def test_the_access_log_is_json_without_tokens_queries_and_conversation_ids() -> None:
    written = STAGE["AccessLogSetting"]["Format"]
    assert json.loads(written)["request_id"] == "$context.extendedRequestId"
    variables = set(re.findall(r"\$context\.[a-zA-Z.]+", written))
    assert not variables & {"$context.path", "$context.authorizer.claims", "$context.requestOverride.header"}
    assert not [variable for variable in variables if "header" in variable.lower() and "timeToAll" not in variable]
    for settings in STAGE["MethodSettings"]:
        assert settings["LoggingLevel"] == "OFF"
        assert settings["DataTraceEnabled"] is False


def test_sample_events_name_the_deployed_stage() -> None:
    events = Path(__file__).resolve().parents[2] / "events"
    for file in events.glob("*/*.json"):
        event = json.loads(file.read_text())
        if "httpMethod" in event:
            assert event["requestContext"]["stage"] == STAGE["StageName"], file.name


def test_there_is_no_firewall_by_default() -> None:
    template = source()
    assert template["Parameters"]["FirewallRequestsPerMinute"]["Default"] == 0
    assert template["Conditions"]["HasFirewall"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "FirewallRequestsPerMinute"}, 0]}]
    }
    parts = [of_type(kind) for kind in ("AWS::WAFv2::WebACL", "AWS::WAFv2::WebACLAssociation")]
    assert [each["Condition"] for part in parts for each in part.values()] == ["HasFirewall"] * 2


def test_the_firewall_blocks_an_address_by_its_request_rate_and_allows_others() -> None:
    (firewall,) = of_type("AWS::WAFv2::WebACL").values()
    rule, *_ = firewall["Properties"]["Rules"]
    assert firewall["Properties"]["DefaultAction"] == {"Allow": {}}
    assert rule["Action"] == {"Block": {}}
    assert rule["Statement"]["RateBasedStatement"] == {
        "Limit": {"Ref": "FirewallRequestsPerMinute"},
        "EvaluationWindowSec": 60,
        "AggregateKeyType": "IP",
    }
    assert RESPONSES["WAF_FILTERED"]["statusCode"] == str(errors.RateLimited.status)


def test_the_firewall_says_the_country_of_every_request_and_no_client_does() -> None:
    (firewall,) = of_type("AWS::WAFv2::WebACL").values()
    _, *rules = firewall["Properties"]["Rules"]
    inserted = [each["Action"]["Count"]["CustomRequestHandling"]["InsertHeaders"] for each in rules]
    india, indonesia = ([code] for code in ("IN", "ID"))

    assert inserted == [[{"Name": "country", "Value": value}] for value in ("IN", "ID", "-IN-ID")]
    assert [each["Statement"] for each in rules] == [
        {"GeoMatchStatement": {"CountryCodes": india}},
        {"GeoMatchStatement": {"CountryCodes": indonesia}},
        # What neither of the others matches, so that a header of the client's is always overwritten.
        {"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": india + indonesia}}}},
    ]
    assert all(f"x-amzn-waf-{header['Name']}" == COUNTRY for (header,) in inserted)


def test_a_custom_domain_is_off_by_default_and_covers_both_addresses() -> None:
    template = transform()
    domain = [name for name, each in template["Resources"].items() if each.get("Condition") == "OwnApiDomain"]

    assert sorted(domain) == ["ApiDomainName", "ApiDomainPath", "ApiDomainRoot"]
    assert source()["Parameters"]["ApiDomain"]["Default"] == ""
    assert template["Resources"]["ApiDomainName"]["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    mappings = [template["Resources"][name]["Properties"] for name in ("ApiDomainPath", "ApiDomainRoot")]
    assert [each.get("BasePath") for each in mappings] == ["api", None]
    assert {each["Stage"]["Ref"] for each in mappings} == {"ApiapiStage"}
