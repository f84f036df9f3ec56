"""The workflows on GitHub: valid by its schema, without a stored AWS key, of commands that exist."""

import json
import re
import tomllib
from functools import cache
from typing import Any

import pytest
import yaml

from tests.deploy.transformed import REPOSITORY
from tests.deploy.transformed import parse as template

WORKFLOWS = REPOSITORY / ".github/workflows"
FILE = WORKFLOWS / "deploy.yml"
SCHEMA = REPOSITORY / "tests/samples/github/workflow.schema.json"


class _Yaml12(yaml.SafeLoader):
    """As GitHub reads it: in YAML 1.2 `on` is a text and no truth."""


_Yaml12.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), ["t", "f"])


def parse(text: str) -> dict[str, Any]:
    """A workflow as data."""
    workflow: dict[str, Any] = yaml.load(text, Loader=_Yaml12)  # noqa: S506  a SafeLoader
    return workflow


@cache
def workflow() -> dict[str, Any]:
    """The workflow of this repository."""
    return parse(FILE.read_text())


def errors(text: str) -> list[str]:
    """What GitHub's schema says against a workflow."""
    from jsonschema import Draft7Validator

    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    return [each.message for each in validator.iter_errors(parse(text))]


def steps(job: str) -> list[dict[str, Any]]:
    """The steps of a job."""
    found: list[dict[str, Any]] = workflow()["jobs"][job]["steps"]
    return found


def test_githubs_schema_accepts_every_workflow() -> None:
    found = {file.name: errors(file.read_text()) for file in WORKFLOWS.iterdir()}

    assert found == {"audit.yml": [], "deploy.yml": [], "nightly.yml": [], "test.yml": []}


@pytest.mark.parametrize(
    ("name", "command"), [("test.yml", ".ci/run"), ("audit.yml", "make audit"), ("nightly.yml", "make test-all")]
)
def test_tests_and_audit_run_one_command_with_read_access_and_no_secret(name: str, command: str) -> None:
    text = (WORKFLOWS / name).read_text()
    found = parse(text)
    (job,) = found["jobs"].values()

    assert found["permissions"] == {"contents": "read"}
    assert "permissions" not in job
    assert "secrets." not in text
    assert [step["run"] for step in job["steps"] if "run" in step] == [command]


def test_pull_requests_are_tested_all_tests_run_nightly_and_the_audit_weekly() -> None:
    assert "pull_request" in parse((WORKFLOWS / "test.yml").read_text())["on"]
    # A pull request from a fork must not run with this repository's rights.
    assert "pull_request_target" not in (WORKFLOWS / "test.yml").read_text()
    (schedule,) = parse((WORKFLOWS / "audit.yml").read_text())["on"]["schedule"]
    assert schedule["cron"].endswith("* * 1")
    (schedule,) = parse((WORKFLOWS / "nightly.yml").read_text())["on"]["schedule"]
    assert schedule["cron"].endswith(" * * *")


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("runs-on: ubuntu-24.04", "runs_on: ubuntu-24.04"),
        ("id-token: write", "id-token: maybe"),
        ("cancel-in-progress: false", "cancel-in-progress: [1]"),
        ("needs: test", "needs: {}"),
    ],
)
def test_githubs_schema_refuses_a_broken_workflow(part: str, broken: str) -> None:
    assert errors(FILE.read_text().replace(part, broken))


def test_only_the_deploying_job_may_request_a_token_and_no_aws_key_is_stored() -> None:
    assert workflow()["permissions"] == {"contents": "read"}
    assert workflow()["jobs"]["deploy"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert "permissions" not in workflow()["jobs"]["test"]
    secrets = set(re.findall(r"secrets\.(\w+)", FILE.read_text()))
    assert secrets == {"SUPABASE_ACCESS_TOKEN", "SUPABASE_DB_PASSWORD", "SMOKE_EMAIL", "SMOKE_PASSWORD"}


def test_nothing_is_deployed_before_the_tests_pass() -> None:
    assert workflow()["jobs"]["deploy"]["needs"] == "test"
    assert {"run": ".ci/run"} in steps("test")


def test_the_workflows_stages_are_documented_and_its_commands_exist() -> None:
    described = tomllib.loads((REPOSITORY / "samconfig.toml").read_text())
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    commands = [line for step in steps("deploy") for line in step.get("run", "").splitlines()]

    assert set(workflow()["on"]["workflow_dispatch"]["inputs"]["stage"]["options"]) <= described.keys()
    made = {line.split()[1] for line in commands if line.startswith("make ")}
    assert made == {"plan", "deploy"}
    assert made <= targets


def test_user_input_reaches_a_shell_only_as_a_variable() -> None:
    commands = [step["run"] for job in workflow()["jobs"] for step in steps(job) if "run" in step]

    assert commands
    assert not [command for command in commands if "${{" in command]


def test_github_is_trusted_for_one_environment_of_one_repository() -> None:
    role = template("deploy/github_role.yaml")["Resources"]["Role"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    issuer = "token.actions.githubusercontent.com"

    assert statement["Condition"]["StringEquals"] == {
        f"{issuer}:aud": "sts.amazonaws.com",
        f"{issuer}:sub": {"Fn::Sub": "repo:${Repository}:environment:${Stage}"},
    }
