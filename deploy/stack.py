"""A stage's CloudFormation stack, as the AWS CLI shows it: its state, outputs and secrets."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy import programs
from deploy.programs import ProgramFailed
from deploy.stage import Stage

NOT_THERE = "does not exist"
# Keys for the secret that a single function reads. All others go into the common secret.
OF_ONE_FUNCTION = frozenset({"SUPABASE_SECRET_KEY", "LEDGER_KEY"})
OUTPUTS = {True: "SupabaseSecretArn", False: "SecretArn"}


@dataclass(frozen=True)
class StackState:
    """A stack as CloudFormation describes it."""

    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @property
    def api_url(self) -> str:
        """The address of the API at AWS, which is not its custom domain."""
        return self.outputs.get("ApiUrl", "")

    def problem(self, stage: Stage) -> str:
        """Why it cannot be deployed to now, and what to do; empty if it can."""
        name = f"The stack {stage.stack_name} is in state {self.status}"
        command = f"--stack-name {stage.stack_name} --region {stage.region}"
        if self.status == "ROLLBACK_COMPLETE":
            return f"{name}: it was never created. `aws cloudformation delete-stack {command}`, then deploy again."
        if self.status == "UPDATE_ROLLBACK_FAILED":
            return f"{name}: `aws cloudformation continue-update-rollback {command}`, then deploy again."
        if self.status.endswith("_IN_PROGRESS"):
            return f"{name}: another deployment is under way. `aws cloudformation describe-stacks {command}` shows it."
        if self.status.endswith("_FAILED"):
            return f"{name}: `aws cloudformation describe-stack-events {command}` says why."
        return ""


def describe(stage: Stage) -> StackState | None:
    """The stage's stack; None before its first deployment. Raises ProgramFailed."""
    try:
        answer = programs.aws(stage.region, "cloudformation", "describe-stacks", "--stack-name", stage.stack_name)
    except ProgramFailed as error:
        if NOT_THERE in str(error):
            return None
        raise
    (stack,) = answer["Stacks"]
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":  # `make plan` of a stack that does not exist
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
    return StackState(stack["StackStatus"], outputs, parameters)


def account(stage: Stage) -> str:
    """The AWS account of the credentials. Raises ProgramFailed."""
    return str(programs.aws(stage.region, "sts", "get-caller-identity")["Account"])


def template(stage: Stage) -> str:
    """The last deployed template, in the form for `sam deploy`. Raises ProgramFailed."""
    answer = programs.aws(
        stage.region,
        *("cloudformation", "get-template", "--stack-name", stage.stack_name, "--template-stage", "Original"),
    )
    body = answer["TemplateBody"]
    return body if isinstance(body, str) else json.dumps(body)


def read_secrets(stage: Stage, stack: StackState) -> dict[str, str]:
    """The values of both of the stack's secrets, by name. Raises ProgramFailed."""
    return {name: value for output in OUTPUTS.values() for name, value in _read(stage, stack, output).items()}


def put_secrets(stage: Stage, stack: StackState, values: Mapping[str, str]) -> list[str]:
    """Adds `values` to their secrets. Returns the names of new and changed ones. Raises ProgramFailed."""
    changed: list[str] = []
    for of_one_function, output in OUTPUTS.items():
        before = _read(stage, stack, output)
        ours = {name: value for name, value in values.items() if (name in OF_ONE_FUNCTION) is of_one_function}
        different = [name for name, value in ours.items() if before.get(name) != value]
        if different:
            _put(stage, stack.outputs[output], before | ours)
            changed += different
    return changed


def _read(stage: Stage, stack: StackState, output: str) -> dict[str, str]:
    arn = stack.outputs.get(output)
    if arn is None:
        return {}
    answer = programs.aws(stage.region, "secretsmanager", "get-secret-value", "--secret-id", arn)
    try:
        values: Any = json.loads(answer["SecretString"])
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ProgramFailed(f"The secret {output} is no JSON object of texts")
    return {str(name).upper(): str(value) for name, value in values.items()}


def _put(stage: Stage, arn: str, values: Mapping[str, str]) -> None:
    # In a file that only this user can read, because other users of the machine can read a program's arguments.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(values, file)
        file.flush()
        programs.aws(
            stage.region,
            *("secretsmanager", "put-secret-value", "--secret-id", arn, "--secret-string", f"file://{file.name}"),
        )
