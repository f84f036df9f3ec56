"""Who may do what once this is deployed."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.deploy.transformed import functions, of_type, source

# AWS's own policies, which cannot be narrower: API Gateway refuses a log role with less, and CodeDeploy's is what SAM
# attaches; what Lambda needs to manage instances changes with it (docs/decisions/rights.md).
AWS_POLICIES = {
    *("AmazonAPIGatewayPushToCloudWatchLogs", "AWSCodeDeployRoleForLambda", "AWSLambdaManagedEC2ResourceOperator"),
}


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement


def test_every_permission_is_for_one_resource_of_this_stack() -> None:
    found = list(statements())
    assert found
    for name, statement in found:
        assert statement["Effect"] == "Allow"
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        for resource in resources:
            # In the bucket, the objects that begin alike: what becomes of them is in the first part of their key.
            path = str(resource.get("Fn::Sub", ""))
            files = re.fullmatch(r"\$\{Files\.Arn\}/(uploads|users|exports|documents)/\*", path)
            mail = "ses:" in json.dumps(resource)
            scan = name == "MalwareProtectionRole"  # has a test of its own
            assert files or mail or scan or set(resource) <= {"Ref", "Fn::GetAtt"}, f"{name}: {resource}"


def test_no_permission_is_a_wildcard() -> None:
    for name, statement in statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert not [action for action in actions if "*" in action], name


def test_managed_policies_of_aws_are_given_to_aws_alone() -> None:
    for name, role in of_type("AWS::IAM::Role").items():
        attached = role["Properties"].get("ManagedPolicyArns", [])
        foreign = {json.dumps(arn).rstrip('"}').rpartition("/")[2] for arn in attached if arn != {"Ref": "ReadSecret"}}
        assert foreign <= AWS_POLICIES, name


@pytest.mark.parametrize("name", sorted(functions()))
def test_each_function_has_its_own_role_that_reads_the_secret_and_writes_its_log(name: str) -> None:
    function = of_type("AWS::Lambda::Function")[name]["Properties"]
    role_id = name.removesuffix("Function") + "Role"
    logs_id = name.removesuffix("Function") + "Logs"
    assert function["Role"] == {"Fn::GetAtt": [role_id, "Arn"]}
    assert function["LoggingConfig"]["LogGroup"] == {"Ref": logs_id}
    role = of_type("AWS::IAM::Role")[role_id]["Properties"]
    assert role.get("ManagedPolicyArns", []) == ([] if name == "IngestDocumentFunction" else [{"Ref": "ReadSecret"}])
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    rights = {
        (action, statement["Resource"]["Fn::GetAtt"][0])
        for policy in role["Policies"]
        if policy["PolicyName"] not in ("Files", "Mail", "OwnSecret", "Invoke")
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    own_log = {("logs:CreateLogStream", logs_id), ("logs:PutLogEvents", logs_id)}
    assert rights - own_log <= {("sqs:SendMessage", "DeadLetters")}
    assert rights >= own_log


def files_of(name: str) -> set[tuple[str, str]]:
    """What a function may do with objects that begin alike; with the bucket as a whole it is an empty beginning."""
    return {
        (action.removeprefix("s3:"), statement["Resource"].get("Fn::Sub", "").removeprefix("${Files.Arn}/"))
        for policy in of_type("AWS::IAM::Role")[name.removesuffix("Function") + "Role"]["Properties"]["Policies"]
        if policy["PolicyName"] == "Files"
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def test_each_function_has_its_expected_permissions_on_files() -> None:
    assert files_of("ChatStreamFunction") == {
        ("ListBucket", ""),
        ("GetObject", "uploads/*"),
        ("GetObject", "users/*"),
        ("PutObject", "users/*"),
    }
    # Signs the addresses to which people send uploads, and those at which they see what is in their messages.
    assert files_of("ConversationsFunction") >= {("PutObject", "uploads/*"), ("GetObject", "users/*")}
    assert files_of("ExportImportFunction") == {
        ("ListBucket", ""),
        ("GetObject", "uploads/*"),
        ("GetObject", "users/*"),
        ("GetObject", "documents/*"),
        ("PutObject", "exports/*"),
        ("DeleteObject", "exports/*"),
    }
    assert files_of("MaintenanceFunction") == {
        ("ListBucket", ""),
        *(("DeleteObject", f"{folder}/*") for folder in ("uploads", "exports", "users", "documents")),
    }
    assert files_of("DocumentsFunction") == {("GetObject", "documents/*"), ("PutObject", "documents/*")}
    assert files_of("ProcessDocumentsFunction") == {
        ("ListBucket", ""),
        ("GetObject", "documents/*"),
        ("GetObjectTagging", "documents/*"),
    }
    assert files_of("RemoveFilesFunction") == {
        ("DeleteObject", f"{folder}/*") for folder in ("uploads", "users", "documents")
    }


@pytest.mark.parametrize("name", sorted(functions()))
def test_only_functions_with_permissions_on_files_know_the_bucket(name: str) -> None:
    variable = of_type("AWS::Lambda::Function")[name]["Properties"]["Environment"]["Variables"].get("STORAGE_BUCKET")
    assert variable == ({"Ref": "Files"} if files_of(name) else None)


def test_one_function_sends_mail_and_only_as_the_configured_sender() -> None:
    about_mail = [(name, each) for name, each in statements() if "ses:" in json.dumps(each)]
    assert {name for name, _ in about_mail} == {"SendMailRole"}
    (send,) = (each for _, each in about_mail if "ses:SendEmail" in each["Action"])
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    for _, statement in about_mail:
        for resource in statement["Resource"]:
            assert "MailFrom" in json.dumps(resource) or "${MailEvents}" in json.dumps(resource)
            assert "*" not in json.dumps(resource)


def test_the_function_that_parses_user_files_has_no_secrets() -> None:
    role = of_type("AWS::IAM::Role")["IngestDocumentRole"]["Properties"]
    (statement,) = (each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"])
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert "ManagedPolicyArns" not in role
    function = of_type("AWS::Lambda::Function")["IngestDocumentFunction"]["Properties"]
    variables = function["Environment"]["Variables"]
    assert (variables["SECRET_ARN"], variables["SENTRY_DSN"], variables["DATABASE_POOL_SIZE"]) == ("", "", "0")
    assert "VpcConfig" not in function


def test_only_the_document_job_invokes_another_function() -> None:
    roles = {name.removesuffix("Function") + "Role" for name in functions()}  # and not those of schedules
    invoking = [(name, each) for name, each in statements() if name in roles and "lambda:" in json.dumps(each)]
    assert [(name, each["Action"], each["Resource"]) for name, each in invoking] == [
        ("ProcessDocumentsRole", "lambda:InvokeFunction", {"Ref": "IngestDocumentFunctionAliaslive"})
    ]


def test_guardduty_scans_documents_and_has_no_other_permission_on_files() -> None:
    (plan,) = of_type("AWS::GuardDuty::MalwareProtectionPlan").values()
    assert plan["Condition"] == "ScansForViruses"
    assert plan["Properties"]["ProtectedResource"]["S3Bucket"]["ObjectPrefixes"] == ["documents/"]
    assert plan["Properties"]["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    (policy,) = of_type("AWS::IAM::Role")["MalwareProtectionRole"]["Properties"]["Policies"]
    resources = [json.dumps(each["Resource"]) for each in policy["PolicyDocument"]["Statement"]]
    assert sum("documents/*" in each for each in resources) == 1
    assert not [each for each in resources if "/*" in each and "documents/*" not in each]
    taggers = {name for name, each in statements() if "PutObjectTagging" in json.dumps(each["Action"])}
    assert taggers == {"MalwareProtectionRole"}


def test_only_ses_reports_bounces_and_only_of_our_own_mail() -> None:
    (policy,) = of_type("AWS::SNS::TopicPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
    assert statement["Condition"]["StringEquals"].keys() == {"AWS:SourceAccount", "AWS:SourceArn"}


def test_every_log_expires() -> None:
    groups = of_type("AWS::Logs::LogGroup")
    # The access log, and what Lambda says of managed instances.
    assert len(groups) == len(functions()) + 2
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_secrets_are_created_empty_and_survive_the_stack() -> None:
    secrets = of_type("AWS::SecretsManager::Secret")
    assert secrets.keys() == {"Secret", "SupabaseSecret"}
    for secret in secrets.values():
        # CloudFormation writes the secret again whenever this line changes, over the keys of a running service.
        assert secret["Properties"]["SecretString"] == "{}"
        assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"


def test_one_function_reads_the_supabase_admin_key() -> None:
    readers = {name for name, each in statements() if "SupabaseSecret" in json.dumps(each["Resource"])}
    assert readers == {"MaintenanceRole"}
    functions_with_it = {
        name
        for name, function in of_type("AWS::Lambda::Function").items()
        if "OWN_SECRET_ARN" in function["Properties"]["Environment"]["Variables"]
    }
    assert functions_with_it == {"MaintenanceFunction"}


def test_no_key_or_password_is_a_parameter_or_a_variable() -> None:
    written = json.dumps([function["Properties"].get("Environment") for function in functions().values()])
    for word in ("API_KEY", "PASSWORD", "JWT_SECRET", "DATABASE_URL"):
        assert word not in written


def test_data_keys_of_workspaces_are_used_only_where_they_are_switched_on() -> None:
    policies = of_type("AWS::IAM::RolePolicy")
    wrapping = {name: each for name, each in policies.items() if each["Properties"]["PolicyName"] == "ProviderKeys"}

    opening = {f"{name}OpensDataKeys" for name in ("ChatStream", "VisitorChat", "ProcessDocuments")}
    assert wrapping.keys() == opening | {"AccountWrapsDataKeys", "MaintenanceWrapsDataKeys"}
    for name, policy in wrapping.items():
        assert policy["Condition"] == "HasProviderKeys"
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert statement["Action"] == ("kms:Decrypt" if name in opening else ["kms:GenerateDataKey", "kms:Decrypt"])
        assert statement["Resource"] == {"Fn::GetAtt": ["ProviderKeysKey", "Arn"]}
        assert statement["Condition"] == {"StringEquals": {"kms:EncryptionContext:purpose": "provider_keys"}}
    (key,) = of_type("AWS::KMS::Key").values()
    assert (key["Condition"], key["DeletionPolicy"]) == ("HasProviderKeys", "Retain")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert template_default("ProviderKeys") == "false"


def template_default(parameter: str) -> object:
    """The default of a parameter of the template."""
    return source()["Parameters"][parameter]["Default"]
