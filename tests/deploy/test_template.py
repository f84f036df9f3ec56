"""What is deployed, seen after SAM's transformation: none of this is seen by a lint of the template."""

import json
from typing import Any

import pytest

from local.template import ANY_METHOD
from oneai import metrics
from oneai.billing import providers
from tests.deploy.test_chat_capacity import MANAGED
from tests.deploy.transformed import functions, of_type, paths, resources, source, stack, transform

# A stack's own: the stages of one account do not ring each other's alarms.
NAMESPACE = {"Fn::Sub": "OneAI/${AWS::StackName}"}
FUNCTIONS = sorted(functions())
ON_ITS_OWN_URL = sorted(name for name, each in functions().items() if "FunctionUrlConfig" in each["Properties"])
WAITED_FOR = {owner for _, _, owner, _ in resources()} | set(ON_ITS_OWN_URL)
# By another function, through Lambda's Invoke API.
INVOKED = {"IngestDocumentFunction"}
SCHEDULED = sorted(functions().keys() - WAITED_FOR - INVOKED)


def integration(method: str, path: str) -> dict[str, Any]:
    key = ANY_METHOD if method == "ANY" else method.lower()
    found: dict[str, Any] = paths()[path][key]["x-amazon-apigateway-integration"]
    return found


@pytest.mark.parametrize(("method", "path", "name", "streamed"), resources(), ids=str)
def test_a_route_calls_the_live_alias_of_its_function(method: str, path: str, name: str, streamed: bool) -> None:
    called = integration(method, path)["uri"]["Fn::Sub"]
    start = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"
    if streamed:
        address = f"{start}/2021-11-15/functions/${{Function}}/response-streaming-invocations"
        assert called == [address, {"Function": {"Ref": f"{name}Aliaslive"}}]
        assert integration(method, path)["responseTransferMode"] == "STREAM"
    else:
        assert called == f"{start}/2015-03-31/functions/${{{name}.Arn}}:live/invocations"
        assert "responseTransferMode" not in integration(method, path)


def test_the_streaming_functions_stream_all_their_routes_and_no_other_does() -> None:
    assert {path for _, path, _, streamed in resources() if streamed} == {
        path for _, path, name, _ in resources() if name in ("ChatStreamFunction", "VisitorChatFunction")
    }
    assert ("POST", "/chat/stream", "ChatStreamFunction", True) in resources()


def test_an_answer_and_its_resumption_may_take_fifteen_minutes() -> None:
    for method, path in (("POST", "/chat/stream"), ("GET", "/chat/stream/{message_id}")):
        assert integration(method, path)["timeoutInMillis"] == 900_000
    assert of_type("AWS::Lambda::Function")["ChatStreamFunction"]["Properties"]["Timeout"] == 900


def test_a_buffered_function_outlives_the_gateways_timeout() -> None:
    for name in {name for _, _, name, streamed in resources() if not streamed}:
        assert of_type("AWS::Lambda::Function")[name]["Properties"]["Timeout"] > 29


def test_the_api_mail_reports_and_file_events_invoke_the_alias_alone() -> None:
    made = stack()["Resources"].values()
    permissions = [each["Properties"] for each in made if each["Type"] == "AWS::Lambda::Permission"]
    assert all(permission["FunctionName"]["Ref"].endswith("Aliaslive") for permission in permissions)
    by_api = [each for each in permissions if each["Principal"] == "apigateway.amazonaws.com"]
    called = [each["FunctionName"]["Ref"].removesuffix("Aliaslive") for each in by_api]
    assert sorted(called) == sorted({name for _, _, name, _ in resources()})
    assert all(each["SourceArn"]["Fn::Sub"].endswith(":${Api}/*") for each in by_api)
    by_anybody = [each for each in permissions if each["Principal"] == "*"]
    by_files = [each for each in permissions if each["Principal"] == "events.amazonaws.com"]
    (by_reports,) = (each for each in permissions if each not in by_api + by_anybody + by_files)
    assert by_reports["Principal"] == "sns.amazonaws.com"
    assert by_reports["SourceArn"] == {"Ref": "MailReports"}


def test_the_webhook_can_be_called_by_anyone_and_only_through_its_url() -> None:
    assert ON_ITS_OWN_URL == ["WebhooksFunction"]
    (url,) = of_type("AWS::Lambda::Url").values()
    assert url["Properties"]["TargetFunctionArn"] == {"Ref": "WebhooksFunctionAliaslive"}
    assert (url["Properties"]["AuthType"], url["Properties"]["InvokeMode"]) == ("NONE", "BUFFERED")
    permissions = [each["Properties"] for each in of_type("AWS::Lambda::Permission").values()]
    found = {each["Action"]: each for each in permissions if each["Principal"] == "*"}
    assert found.keys() == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    assert found["lambda:InvokeFunctionUrl"]["FunctionUrlAuthType"] == "NONE"
    assert found["lambda:InvokeFunction"]["InvokedViaFunctionUrl"] is True
    address, outputs = "${WebhooksFunctionUrl.FunctionUrl}webhooks/", transform()["Outputs"]
    named = {"razorpay": "WebhookUrl", "stripe": "StripeWebhookUrl", "midtrans": "MidtransWebhookUrl"}
    assert named.keys() == set(providers.names())
    assert all(outputs[output]["Value"] == {"Fn::Sub": address + name} for name, output in named.items())


def test_ses_reports_bounces_and_complaints_alone() -> None:
    (destination,) = of_type("AWS::SES::ConfigurationSetEventDestination").values()
    settings = destination["Properties"]["EventDestination"]
    assert settings["Enabled"] is True
    assert settings["MatchingEventTypes"] == ["bounce", "complaint"]
    assert settings["SnsDestination"] == {"TopicARN": {"Ref": "MailReports"}}
    subscriptions = of_type("AWS::SNS::Subscription").values()
    (result,) = (each for each in subscriptions if each["Properties"]["Protocol"] == "lambda")
    assert result["Properties"]["Endpoint"] == {"Ref": "MailFeedbackFunctionAliaslive"}


def test_a_schedule_calls_the_live_alias_retries_and_keeps_failures() -> None:
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        target = schedule["Properties"]["Target"]
        assert target["Arn"] in [{"Ref": f"{name}Aliaslive"} for name in SCHEDULED]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    # The schedule's own queue only hears that Lambda refused; what the function raised goes through its alias.
    asynchronous = of_type("AWS::Lambda::EventInvokeConfig").values()
    assert sorted(each["Properties"]["FunctionName"]["Ref"] for each in asynchronous) == SCHEDULED
    for each in asynchronous:
        assert each["Properties"]["Qualifier"] == "live"
        destination = each["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        assert destination == {"Fn::GetAtt": ["DeadLetters", "Arn"]}


def test_a_new_file_below_documents_invokes_the_live_alias_of_the_document_job() -> None:
    (bucket,) = (each for name, each in of_type("AWS::S3::Bucket").items() if name == "Files")
    notifications = bucket["Properties"]["NotificationConfiguration"]
    assert notifications == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    (name,) = rules = of_type("AWS::Events::Rule")
    rule = rules[name]["Properties"]
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": "Files"}]}, "object": {"key": [{"prefix": "documents/"}]}},
    }
    (target,) = rule["Targets"]
    alias = {"Ref": "ProcessDocumentsFunctionAliaslive"}
    assert (target["Arn"], target.get("Input")) == (alias, None)
    (permission,) = (
        each["Properties"]
        for each in of_type("AWS::Lambda::Permission").values()
        if each["Properties"]["Principal"] == "events.amazonaws.com"
    )
    assert (permission["Action"], permission["FunctionName"]) == ("lambda:InvokeFunction", alias)
    assert permission["SourceArn"] == {"Fn::GetAtt": [name, "Arn"]}


def test_each_frequency_of_quotas_has_a_reset_schedule() -> None:
    found = {}
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        if schedule["Properties"]["Target"]["Arn"] == {"Ref": "QuotaResetFunctionAliaslive"}:
            settings = json.loads(schedule["Properties"]["Target"]["Input"])
            found[settings["frequency"]] = schedule["Properties"]["ScheduleExpression"]
    assert found == {
        "3hour": "cron(0/15 * * * ? *)",
        "daily": "cron(0 0 * * ? *)",
        "monthly": "cron(0 0 1 * ? *)",
    }


def test_each_maintenance_task_has_its_own_schedule_and_alarm() -> None:
    found = {}
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        if schedule["Properties"]["Target"]["Arn"] == {"Ref": "MaintenanceFunctionAliaslive"}:
            task = json.loads(schedule["Properties"]["Target"]["Input"])["task"]
            found[task] = schedule["Properties"]["ScheduleExpression"]
    assert found == {
        "notify": "rate(5 minutes)",
        "roll_up_usage": "cron(2 * * * ? *)",
        "retention": "cron(40 20 * * ? *)",
        "delete_accounts": "cron(20 * * * ? *)",
    }
    alarms = [each["Properties"] for each in of_type("AWS::CloudWatch::Alarm").values()]
    by_task = [each for each in alarms if each.get("MetricName") == metrics.JOBS_FAILED.name]
    assert all(each["Namespace"] == NAMESPACE for each in by_task)
    assert all(each["Dimensions"][0]["Name"] == metrics.JOBS_FAILED.dimension for each in by_task)
    assert sorted(each["Dimensions"][0]["Value"] for each in by_task) == sorted(found)
    # A task of each kind may run beside the others.
    for concurrency in source()["Mappings"]["Concurrency"].values():
        assert concurrency["Maintenance"] == len(found)


def test_two_stacks_of_one_account_have_different_schedule_names() -> None:
    for schedule in of_type("AWS::Scheduler::Schedule").values():
        assert "AWS::StackName" in json.dumps(schedule["Properties"]["Name"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_runs_the_package_on_arm_with_the_repositorys_python(name: str) -> None:
    function = of_type("AWS::Lambda::Function")[name]["Properties"]
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    common, sentry = function["Layers"]
    assert common["Ref"] in of_type("AWS::Lambda::LayerVersion")
    # Only where a DSN is named; without it the function has one layer.
    condition, layer, otherwise = sentry["Fn::If"]
    assert (condition, otherwise) == ("HasSentry", {"Ref": "AWS::NoValue"})
    assert of_type("AWS::Lambda::LayerVersion")[layer["Ref"]]["Condition"] == "HasSentry"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_snapshots_can_be_chosen_for_each_function_with_routes(name: str) -> None:
    applied = of_type("AWS::Lambda::Function")[name]["Properties"]["SnapStart"]["ApplyOn"]
    if name not in WAITED_FOR:
        assert applied == "None"
        return
    assert applied == {"Ref": f"{name.removesuffix('Function')}SnapStart"}
    parameter = source()["Parameters"][applied["Ref"]]
    assert parameter["AllowedValues"] == ["PublishedVersions", "None"]
    # By bench/bench_chat_memory.py and bench/bench_first_request.py: where a first request would take two seconds.
    assert parameter["Default"] == (
        "PublishedVersions" if name in ("ChatStreamFunction", "VisitorChatFunction") else "None"
    )


def test_only_functions_that_stream_are_started_by_our_wrapper_script() -> None:
    chat = ("ChatStreamFunction", "ChatStreamManagedFunction", "VisitorChatFunction")
    for name, function in of_type("AWS::Lambda::Function").items():
        wrapper = function["Properties"]["Environment"]["Variables"].get("AWS_LAMBDA_EXEC_WRAPPER")
        assert wrapper == ("/opt/python/oneai/start" if name in chat else None)
    assert of_type("AWS::Lambda::Function")["ChatStreamFunction"]["Properties"]["Handler"] == "main.app"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_new_layer_or_setting_is_a_new_version_with_gradual_traffic(name: str) -> None:
    assert functions()[name]["Properties"]["AutoPublishAliasAllProperties"] is True
    assert source()["Resources"]["CommonLayer"]["Properties"]["PublishLambdaVersion"] is True
    alias = transform()["Resources"][f"{name}Aliaslive"]
    group = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
    deployment = of_type("AWS::CodeDeploy::DeploymentGroup")[group]["Properties"]
    assert deployment["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": "Canary10Percent5Minutes"}
    assert "DEPLOYMENT_STOP_ON_ALARM" in deployment["AutoRollbackConfiguration"]["Events"]
    watched = {alarm["Name"]["Ref"] for alarm in deployment["AlarmConfiguration"]["Alarms"]}
    assert name.removesuffix("Function") + "Errors" in watched


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_alarm_of_a_deployment_names_its_alias_without_a_circular_reference(name: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name.removesuffix("Function") + "Errors"]["Properties"]
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    assert dimensions == {"FunctionName": {"Ref": name}, "Resource": {"Fn::Sub": f"${{{name}}}:live"}}
    assert alarm["MetricName"] == "Errors"
    api = of_type("AWS::CloudWatch::Alarm")["ApiErrors"]["Properties"]["Dimensions"]
    assert {"Name": "Stage", "Value": "api"} in api
    assert "Api" not in [value.get("Ref") for value in (each["Value"] for each in api) if isinstance(value, dict)]


def test_operators_are_notified_of_every_alert_kind_and_of_dead_letters() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert alarms["OperatorAlerts"]["Properties"]["Metrics"][0]["Expression"] == (
        {"Fn::Sub": 'SELECT SUM(OperatorAlert) FROM "OneAI/${AWS::StackName}"'}
    )
    queue = alarms["DeadLettersWaiting"]["Properties"]["Dimensions"][0]
    assert queue == {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}


@pytest.mark.parametrize(("name", "metric"), [("WebhooksRefused", "Url5xxCount"), ("WebhooksNotSigned", "Url4xxCount")])
def test_occasional_webhook_refusals_raise_an_alarm_within_an_hour(name: str, metric: str) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")[name]["Properties"]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["TreatMissingData"]) == (metric, 1, "notBreaching")
    # Razorpay tries again after ever longer pauses: no two windows running need have one.
    assert alarm["DatapointsToAlarm"] == 2
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 3600
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    assert dimensions["Resource"] == {"Fn::Sub": "${WebhooksFunction}:live"}


def test_there_is_one_stage_and_it_is_named_api() -> None:
    (stage,) = of_type("AWS::ApiGateway::Stage").values()
    assert stage["Properties"]["StageName"] == "api"
    assert of_type("AWS::ApiGateway::RestApi")["Api"]["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert "StageName" not in json.dumps(list(of_type("AWS::ApiGateway::Deployment").values()))


@pytest.mark.parametrize("parameters", [{}, MANAGED], ids=["on demand", "managed instances"])
def test_a_stack_has_fewer_resources_than_cloudformation_allows(parameters: dict[str, str]) -> None:
    # CloudFormation refuses a template with more than 500, those of conditions that do not hold included.
    assert len(transform(**parameters)["Resources"]) < 450
