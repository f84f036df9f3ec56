"""Checks the prerequisites of a deployment before it changes anything, and names all missing ones at once."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy import payment_keys, programs, stack
from deploy.programs import ProgramFailed
from deploy.stack import StackState
from deploy.stage import Stage
from ops.database_login import password_of

# Keys of the secret without which functions do not work.
SECRETS = {
    "DATABASE_URL": "the transaction pooler's address for the role oneai_app",
    "OPENROUTER_API_KEY": "a key of OpenRouter",
}
RAZORPAY_SECRETS = {
    "RAZORPAY_KEY_SECRET": "the secret half of RazorpayKeyId",
    "RAZORPAY_WEBHOOK_SECRET": "what the webhook at Razorpay was made with",
}


@dataclass
class Preflight:
    """The result of the check."""

    stack: StackState | None = None
    """The stage's stack; None before its first deployment."""
    account: str = ""
    """The AWS account that is deployed to."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """The values of the file that SECRETS names, which the deployment adds to the stack's secrets."""
    problems: list[str] = field(default_factory=list)
    """Why nothing can be deployed, each with what to do."""
    warnings: list[str] = field(default_factory=list)


def check(stage: Stage) -> Preflight:
    """Checks the stage's parameters, the programs, the account and the secrets. Changes nothing."""
    found = Preflight(warnings=list(stage.warnings()))
    found.problems += [f"{stage.config.name}: {problem}" for problem in stage.problems()]
    for name, hint in programs.missing().items():
        found.problems.append(f"{name} is not installed: {hint}.")
    found.problems += _missing_variables()
    try:
        found.secrets = new_secrets()
    except ValueError as error:
        found.problems.append(str(error))
    if programs.find("aws"):
        try:
            _look_at_account(stage, found)
        except ProgramFailed as error:
            found.problems.append(f"AWS cannot be asked. {error}.")
    return found


def _missing_variables() -> Iterator[str]:
    if not os.environ.get("SUPABASE_DB_PASSWORD"):
        yield "SUPABASE_DB_PASSWORD is not set: the password of the project's role postgres, for the migrations."


def _look_at_account(stage: Stage, found: Preflight) -> None:
    found.account = stack.account(stage)
    found.stack = stack.describe(stage)
    stored: Mapping[str, str] = {}
    if found.stack is not None:
        if problem := found.stack.problem(stage):
            found.problems.append(problem)
        stored = stack.read_secrets(stage, found.stack)
    elif not os.environ.get("DATABASE_URL"):
        found.problems.append(
            "DATABASE_URL is not set: the session pooler's address for the role postgres, by which the first "
            "deployment gives oneai_app its password."
        )
    values = {**stored, **found.secrets}
    found.problems += _secret_problems(stage, found.stack, values)
    found.problems += payment_keys.problems(stage, values)
    found.warnings += payment_keys.warnings(stage, values)
    if "SUPABASE_SECRET_KEY" not in values:
        found.warnings.append(
            "SUPABASE_SECRET_KEY is in no secret: sign-ins of deleted accounts have to be deleted by hand."
        )


def _secret_problems(stage: Stage, state: StackState | None, values: Mapping[str, str]) -> Iterator[str]:
    needed = SECRETS | (RAZORPAY_SECRETS if stage.parameter("RazorpayKeyId") else {})
    where = f"the secret {state.outputs.get('SecretArn', '')}" if state else "a secret"
    for name, meaning in needed.items():
        if not values.get(name):
            yield f"{name} is not in {where}: {meaning}. SECRETS=file.json adds it (docs/operations/deploy.md)."
    address = values.get("DATABASE_URL", "")
    if address and not address.startswith(("postgresql://", "postgres://")):
        yield "DATABASE_URL in the secret is no address of a Postgres database."
    elif address and not address.partition("//")[2].startswith("oneai_app"):
        yield "DATABASE_URL in the secret is of another role than oneai_app, which has the rights of the functions."
    elif address and not password_of(address):
        yield "DATABASE_URL in the secret has no password."


def new_secrets() -> dict[str, str]:
    """The values of the file in SECRETS; empty without it. Raises ValueError without any value in its text."""
    if not os.environ.get("SECRETS"):
        return {}
    file = Path(os.environ["SECRETS"]).expanduser()
    try:
        values = json.loads(file.read_text())
    except OSError as error:
        raise ValueError(f"SECRETS names {file}, which cannot be read: {error.strerror}.") from None
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ValueError(f"{file} is no JSON object of texts.")
    return {name.upper(): value for name, value in values.items()}
