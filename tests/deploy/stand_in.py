"""`sam`, `aws` and `supabase` as far as a deployment calls them: a program that records its calls and keeps a stack.

Started by a script of one of these names, with the state's folder in STAND_INS. Standard library only: it starts a
dozen times in a test. A call fails if its words hold all those of a fault.
"""

import json
import os
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

ARN = "arn:aws:secretsmanager:ap-south-1:123456789012:secret:"


def main() -> int:
    """Does what the program would, in the state."""
    folder = Path(os.environ["STAND_INS"])
    name, arguments = sys.argv[1], sys.argv[2:]
    words = [name, *arguments]
    with (folder / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    file = folder / "state.json"
    state = json.loads(file.read_text())
    fault = next((each for each in state["faults"] if set(each.split()) <= set(words)), None)
    try:
        answer = PROGRAMS[name](arguments, state, fault)
    finally:
        file.write_text(json.dumps(state))
    if fault is not None:
        print(f"\n{name}: {state['faults'][fault]}", file=sys.stderr)
        return 1
    if answer is not None:
        print(answer if isinstance(answer, str) else json.dumps(answer))
    return 0


def option(arguments: list[str], name: str) -> str:
    """The value of an option; empty without it."""
    return arguments[arguments.index(name) + 1] if name in arguments else ""


def sam(arguments: list[str], state: dict[str, Any], fault: str | None) -> Any:
    """`build` copies what `deploy.build` looks at; `deploy` makes or updates the stack."""
    if fault is not None and arguments[0] == "build":
        return None
    if arguments[0] == "build":
        base, output = Path(option(arguments, "--base-dir")), Path(option(arguments, "--build-dir"))
        shutil.rmtree(output, ignore_errors=True)
        for function in state["functions"]:
            shutil.copytree(base / state["functions"][function], output / function)
        (output / "IngestDocumentFunction/pypdfium2").mkdir()  # of its requirements
        start = output / "CommonLayer/python/oneai/start"
        start.parent.mkdir(parents=True, exist_ok=True)
        start.write_text("#!/bin/sh\n")
        start.chmod(0o755)
        (output / "template.yaml").write_text(Path(option(arguments, "--template-file")).read_text())
        return "Build Succeeded"
    if "--no-execute-changeset" in arguments:
        return "+ Add  AWS::Lambda::Function  ChatStreamFunction"
    stack = state["stack"]
    if fault is not None:
        if stack is None:
            state["stack"] = {"StackStatus": "ROLLBACK_COMPLETE"}
        else:
            stack["StackStatus"] = state["status_after_fault"]
        return None
    parameters = _parameters(arguments)
    outputs = state["outputs"] | {name: ARN + name for name in ("SecretArn", "SupabaseSecretArn")}
    for arn in (ARN + "SecretArn", ARN + "SupabaseSecretArn"):
        state["secrets"].setdefault(arn, "{}")
    state["stack"] = {
        "StackStatus": "UPDATE_COMPLETE" if stack else "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }
    state["template"] = Path(option(arguments, "--template-file")).read_text()
    return "Successfully created/updated stack"


def _parameters(arguments: list[str]) -> dict[str, str]:
    if overrides := option(arguments, "--parameter-overrides"):
        parameters: dict[str, str] = json.loads(Path(overrides.removeprefix("file://")).read_text())
        return parameters
    stage = tomllib.loads(Path(option(arguments, "--config-file")).read_text())[option(arguments, "--config-env")]
    return {name: str(value) for name, value in stage["deploy"]["parameters"]["parameter_overrides"].items()}


def aws(arguments: list[str], state: dict[str, Any], fault: str | None) -> Any:
    """The calls that `deploy.stack` makes."""
    if fault is not None:
        return None
    match arguments[:2]:
        case ["sts", "get-caller-identity"]:
            return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/maya"}
        case ["cloudformation", "describe-stacks"] if state["stack"] is None:
            name = option(arguments, "--stack-name")
            sys.exit(
                "\nAn error occurred (ValidationError) when calling the DescribeStacks operation: "
                f"Stack with id {name} does not exist"
            )
        case ["cloudformation", "describe-stacks"]:
            return {"Stacks": [state["stack"]]}
        case ["cloudformation", "get-template"]:
            return {"TemplateBody": state["template"]}
        case ["secretsmanager", "get-secret-value"]:
            return {"SecretString": state["secrets"][option(arguments, "--secret-id")]}
        case ["secretsmanager", "put-secret-value"]:
            file = Path(option(arguments, "--secret-string").removeprefix("file://"))
            assert file.stat().st_mode & 0o077 == 0, "other users may read the file"
            state["secrets"][option(arguments, "--secret-id")] = file.read_text()
            return {"VersionId": "1"}
        case _:
            sys.exit(f"aws: error: no stand-in for {arguments[:2]}")


def supabase(arguments: list[str], state: dict[str, Any], fault: str | None) -> Any:
    """`link` and `db push`, which takes the password from the environment."""
    if not os.environ.get("SUPABASE_DB_PASSWORD"):
        sys.exit("supabase: no password")
    if fault is None and arguments[:2] == ["db", "push"] and "--dry-run" not in arguments:
        state["migrated"] = True
    return None


PROGRAMS = {"sam": sam, "aws": aws, "supabase": supabase}

if __name__ == "__main__":
    sys.exit(main())
