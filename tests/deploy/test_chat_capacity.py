"""What answers run on: Lambda on demand, or instances that it manages. Both stacks are whole, and have no more rights
than they need."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.conditions import NO_VALUE
from oneai.postgres.pool import DatabaseSettings
from tests.deploy.transformed import paths, source, stack
from tests.deploy.transformed import resources as gateway_resources

MANAGED = {
    "ChatCapacity": "ManagedInstances",
    "ChatSubnetIds": "subnet-1,subnet-2,subnet-3",
    "ChatSecurityGroupIds": "sg-1",
}
PARAMETERS = {"OnDemand": {}, "ManagedInstances": MANAGED}
FUNCTION = {"OnDemand": "ChatStreamFunction", "ManagedInstances": "ChatStreamManagedFunction"}
PSEUDO = {"AccountId", "NoValue", "Partition", "Region", "StackName", "URLSuffix"}

both = pytest.mark.parametrize("capacity", PARAMETERS)


def resources(capacity: str) -> dict[str, dict[str, Any]]:
    """What a stack of this capacity is made of."""
    made: dict[str, dict[str, Any]] = stack(**PARAMETERS[capacity])["Resources"]
    return made


def properties(name: str, capacity: str = "ManagedInstances") -> dict[str, Any]:
    values: dict[str, Any] = resources(capacity)[name]["Properties"]
    return values


def references(value: Any) -> Iterator[str]:
    """The names of all resources and parameters that a part of a template refers to."""
    match value:
        case {"Ref": name}:
            yield name
        case {"Fn::GetAtt": [name, *_]}:
            yield name
        case {"Fn::Sub": [str(text), dict(own)]}:
            yield from (name for name in names_in(text) if name not in own)
            yield from references(own)
        case {"Fn::Sub": str(text)}:
            yield from names_in(text)
        case dict():
            yield from (name for member in value.values() for name in references(member))
        case list():
            yield from (name for member in value for name in references(member))


def names_in(text: str) -> list[str]:
    return [name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)]


@both
def test_every_referenced_resource_is_created(capacity: str) -> None:
    made = stack(**PARAMETERS[capacity])
    known = made["Resources"].keys() | source()["Parameters"].keys() | {f"AWS::{name}" for name in PSEUDO}

    for part in ("Resources", "Outputs"):
        for name, each in made[part].items():
            needed = {
                *references(each),
                *([each["DependsOn"]] if isinstance(each.get("DependsOn"), str) else each.get("DependsOn", [])),
            }
            assert needed <= known, f"{name} refers to {needed - known}"
            assert NO_VALUE not in each.get("Properties", {}).values()


@both
def test_chat_routes_call_the_function_of_the_capacity_and_stream(capacity: str) -> None:
    streamed = {
        path: method
        for method, path, name, is_streamed in gateway_resources()
        if is_streamed and not path.startswith("/widget/")
    }
    assert len(streamed) == 9
    api = paths(**PARAMETERS[capacity])
    for path in streamed:
        (called,) = (each["x-amazon-apigateway-integration"] for key, each in api[path].items() if key != "options")
        text, values = called["uri"]["Fn::Sub"]
        assert text.endswith(":lambda:path/2021-11-15/functions/${Function}/response-streaming-invocations"), path
        assert values == {"Function": {"Ref": f"{FUNCTION[capacity]}Aliaslive"}}, path
        assert called["responseTransferMode"] == "STREAM"
        assert called["timeoutInMillis"] == (29_000 if path == "/chat/stop" else 900_000)


@both
def test_api_gateway_may_call_only_the_function_it_routes_to(capacity: str) -> None:
    allowed = [
        (each["Properties"]["FunctionName"]["Ref"], each["Properties"]["SourceArn"]["Fn::Sub"].partition("${Api}")[2])
        for each in resources(capacity).values()
        if each["Type"] == "AWS::Lambda::Permission" and "ChatStream" in each["Properties"]["FunctionName"]["Ref"]
    ]
    assert allowed == [(f"{FUNCTION[capacity]}Aliaslive", "/*")]


def only_in(capacity: str, other: str) -> set[str]:
    """What the stack of one capacity has and that of the other has not; each has its deployment of the API."""
    names = resources(capacity).keys() - resources(other).keys()
    return {name for name in names if not name.startswith("ApiDeployment")}


def test_on_demand_is_the_default_and_creates_no_instances() -> None:
    assert source()["Parameters"]["ChatCapacity"]["Default"] == "OnDemand"
    added = only_in("ManagedInstances", "OnDemand")
    assert added
    for name in added:
        assert re.match("ChatStreamManaged|ChatCapacity", name), name
    assert not [name for name in resources("OnDemand") if re.match("ChatStreamManaged|ChatCapacity", name)]


def test_a_switch_keeps_the_on_demand_function_for_its_running_answers() -> None:
    assert only_in("OnDemand", "ManagedInstances") == {"ChatStreamCalledByApi"}


def test_a_switch_is_deployed_to_the_stage_although_the_api_text_is_unchanged() -> None:
    # sam makes a deployment of the API for a new text, and conditions are decided after it.
    assert source()["Resources"]["Api"]["Properties"]["AlwaysDeploy"] is True


def test_both_functions_differ_only_in_their_capacity() -> None:
    on_demand, managed = dict(properties("ChatStreamFunction")), dict(properties("ChatStreamManagedFunction"))
    different = {name for name in on_demand.keys() | managed.keys() if on_demand.get(name) != managed.get(name)}

    assert different == {
        *("CapacityProviderConfig", "Environment", "FunctionScalingConfig", "LoggingConfig", "MemorySize"),
        *("ReservedConcurrentExecutions", "SnapStart"),
    }
    variables = managed["Environment"]["Variables"]
    assert variables == on_demand["Environment"]["Variables"] | {"STREAMS_PER_CONNECTION": "16"}
    assert managed["LoggingConfig"] == on_demand["LoggingConfig"] | {"LogFormat": "JSON"}


def test_settings_unsupported_on_managed_instances_are_left_out() -> None:
    managed = properties("ChatStreamManagedFunction")

    assert managed["SnapStart"] == {"ApplyOn": "None"}
    assert "ReservedConcurrentExecutions" not in managed
    assert "VpcConfig" not in managed
    config = managed["CapacityProviderConfig"]["LambdaManagedInstancesCapacityProviderConfig"]
    assert config["CapacityProviderArn"] == {"Fn::GetAtt": ["ChatCapacityProvider", "Arn"]}
    assert config["PerExecutionEnvironmentMaxConcurrency"] == {"Ref": "ChatAnswersPerEnvironment"}
    # Two gigabytes and one vCPU are the least, memory is a multiple of the ratio, and 64 the most for a vCPU.
    assert managed["MemorySize"] == 1024 * config["ExecutionEnvironmentMemoryGiBPerVCpu"] == 2048
    assert max(source()["Parameters"]["ChatAnswersPerEnvironment"]["AllowedValues"]) == 64
    provider = properties("ChatCapacityProvider")
    assert provider["InstanceRequirements"] == {"Architectures": managed["Architectures"]}
    assert "CapacityProviderName" not in provider  # one with a name could not be replaced


@pytest.mark.parametrize("answers", source()["Parameters"]["ChatAnswersPerEnvironment"]["AllowedValues"])
def test_the_pooler_accepts_the_connections_of_two_versions_on_instances(answers: int) -> None:
    variables = properties("ChatStreamManagedFunction")["Environment"]["Variables"]
    connections = DatabaseSettings(
        database_url="",
        database_pool_size=int(variables["DATABASE_POOL_SIZE"]),
        aws_lambda_max_concurrency=answers,
        streams_per_connection=int(variables["STREAMS_PER_CONNECTION"]),
    ).connections
    mappings = source()["Mappings"]
    assert mappings["ManagedEnvironments"].keys() == mappings["ManagedVCpus"].keys() == mappings["Concurrency"].keys()
    for clients, row in mappings["ManagedEnvironments"].items():
        assert row[str(answers)] == math.floor(mappings["Concurrency"][clients]["ChatStream"] / 2 / connections)
        assert mappings["ManagedVCpus"][clients][str(answers)] == 2 * 2 * row[str(answers)]
        beside_visitors = mappings["ConcurrencyWithChatbots"][clients]["ChatStream"]
        assert mappings["ManagedEnvironmentsWithChatbots"][clients][str(answers)] == math.floor(
            beside_visitors / 2 / connections
        )


def test_environments_are_at_least_three_and_at_most_what_the_pooler_accepts() -> None:
    limits = [{"Ref": "DatabaseClientLimit"}, {"Ref": "ChatAnswersPerEnvironment"}]
    scaling = properties("ChatStreamManagedFunction")["FunctionScalingConfig"]
    assert scaling["MinExecutionEnvironments"] == 3
    assert scaling["MaxExecutionEnvironments"] == {"Fn::FindInMap": ["ManagedEnvironmentsWithChatbots", *limits]}
    provider = properties("ChatCapacityProvider")["CapacityProviderScalingConfig"]
    assert provider["MaxVCpuCount"] == {"Fn::FindInMap": ["ManagedVCpus", *limits]}


def test_only_lambda_in_this_account_manages_instances() -> None:
    role = properties("ChatCapacityRole")

    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert role.keys() <= {"AssumeRolePolicyDocument", "ManagedPolicyArns", "Tags"}
    assert properties("ChatCapacityProvider")["PermissionsConfig"] == {
        "CapacityProviderOperatorRoleArn": {"Fn::GetAtt": ["ChatCapacityRole", "Arn"]}
    }


def test_a_new_version_on_instances_is_a_canary_with_its_own_alarm() -> None:
    managed = resources("ManagedInstances")
    alias = managed["ChatStreamManagedFunctionAliaslive"]
    group = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
    deployment = managed[group]["Properties"]
    assert {alarm["Name"]["Ref"] for alarm in deployment["AlarmConfiguration"]["Alarms"]} == {
        "ChatStreamManagedErrors", "ApiErrors",
    }  # fmt: skip
    dimensions = {
        each["Name"]: each["Value"] for each in managed["ChatStreamManagedErrors"]["Properties"]["Dimensions"]
    }
    assert dimensions == {
        "FunctionName": {"Ref": "ChatStreamManagedFunction"},
        "Resource": {"Fn::Sub": "${ChatStreamManagedFunction}:live"},
    }
    # A version that stays would keep its environments, and they are paid for.
    (version,) = (each for name, each in managed.items() if name.startswith("ChatStreamManagedFunctionVersion"))
    assert version["DeletionPolicy"] == "Delete"
    assert (
        version["Properties"]["FunctionScalingConfig"]
        == properties("ChatStreamManagedFunction")["FunctionScalingConfig"]
    )


@both
def test_the_dashboard_shows_the_function_that_answers(capacity: str) -> None:
    text, values = properties("Dashboard", capacity)["DashboardBody"]["Fn::Sub"]

    assert '"FunctionName", "${ChatFunction}"' in text
    assert values == {"ChatFunction": {"Ref": FUNCTION[capacity]}}
