"""`make deploy STAGE=staging`: deploys a new version in steps. Each step stops before it does harm.

    check      parameters, programs, account, secrets; migrations are listed
    build      functions and layer, with bytecode
    migrate    the database, only by expanding changes, so that the previous version still works
    deploy     a tenth of the traffic for some minutes, then all of it; an alarm rolls it back
    smoke      tests the deployed API from outside; a failure deploys the previous version again

`make plan STAGE=staging` checks, builds and shows the changes. CONFIG names another file than samconfig.toml, SECRETS a
JSON file of values for the stack's secrets.
"""

import argparse
import io
import os
import subprocess
import sys

import psycopg

from deploy import build, preflight, programs, rollback, smoke, stack
from deploy.build import BuildError
from deploy.preflight import Preflight
from deploy.programs import ProgramFailed
from deploy.rollback import CannotRollBack
from deploy.smoke import SmokeFailed, Target
from deploy.stage import NoStage, Stage, read_stage
from local import dotenv
from local.data_folder import REPOSITORY
from ops import database_login

BUILD = REPOSITORY / ".aws-sam" / "build"
UNCHANGED = "Nothing was changed."


class Stopped(Exception):
    """A step failed; the text states what happened, which version serves now, and what to do."""


def plan(stage: Stage) -> None:
    """Shows what `release` would change: migrations and resources. Raises Stopped."""
    _check(stage)
    _build()
    _step("changes of the stack")
    try:
        programs.run("sam", *_sam_deploy(stage), "--no-execute-changeset", "--no-confirm-changeset")
    except ProgramFailed as error:
        raise Stopped(f"The changes could not be listed. {error}. {UNCHANGED}") from None


def release(stage: Stage) -> None:
    """Deploys this commit to the stage. Raises Stopped."""
    found = _check(stage)
    _build()
    _keep_version_before(stage, found)
    _migrate(stage)
    if found.stack is None:
        _give_login(found)
    _deploy(stage)
    state = _put_secrets(stage, found)
    _smoke(stage, found, state)
    _try_own_domain(stage, state)
    rollback.keep_commit(stage, commit())
    print(f"\n{stage.stack_name} serves {commit()} at {state.api_url}")


def commit() -> str:
    """The checked-out commit, and whether files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "an unknown commit"


def _check(stage: Stage) -> Preflight:
    _step("check")
    found = preflight.check(stage)
    for warning in found.warnings:
        print(f"  note: {warning}")
    if found.problems:
        listed = "\n".join(f"  - {problem}" for problem in found.problems)
        raise Stopped(f"{stage.stack_name} cannot be deployed:\n{listed}\n{UNCHANGED}")
    which = "the first deployment" if found.stack is None else f"now {found.stack.status}"
    print(f"  {stage.stack_name} in {stage.region}, account {found.account}: {which}")
    try:
        # The password is in SUPABASE_DB_PASSWORD, where the CLI looks for it.
        programs.run("supabase", "link", "--project-ref", stage.supabase_project)
        programs.run("supabase", "db", "push", "--linked", "--dry-run")
    except ProgramFailed as error:
        raise Stopped(
            f"Migrations cannot be listed. {error}. Sign in with `supabase login` or SUPABASE_ACCESS_TOKEN, look at "
            f"SUPABASE_DB_PASSWORD, and compare with `supabase migration list`. {UNCHANGED}"
        ) from None
    return found


def _build() -> None:
    _step("build")
    try:
        build.build(BUILD)
    except BuildError as error:
        raise Stopped(f"{error}\nThe build failed. {UNCHANGED}") from None
    print(build.report(BUILD))


def _keep_version_before(stage: Stage, found: Preflight) -> None:
    if found.stack is None:
        return
    try:
        rollback.keep(stage, found.stack)
    except ProgramFailed as error:
        raise Stopped(f"The version before cannot be kept for a rollback. {error}. {UNCHANGED}") from None


def _migrate(stage: Stage) -> None:
    _step("migrate")
    try:
        programs.run("supabase", "db", "push", "--linked", "--yes")
    except ProgramFailed as error:
        raise Stopped(
            f"A migration failed. {error}. No function was deployed: the version before serves. The migration that "
            f"failed left nothing behind, those listed before it stay applied. Mend it (it was not deployed), "
            f"then `make deploy STAGE={stage.name}` again; `supabase migration list` shows what is applied."
        ) from None


def _give_login(found: Preflight) -> None:
    """Sets the functions' role to the password in their address."""
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, connect_timeout=10) as connection:
            database_login.set_password(connection, database_login.password_of(found.secrets["DATABASE_URL"]))
    except psycopg.Error as error:
        raise Stopped(
            f"The role {database_login.ROLE} could not be given its password: {' '.join(str(error).split())}. "
            "No function was deployed. Look at DATABASE_URL of your environment, and run this again."
        ) from None
    print(f"  {database_login.ROLE} signs in with the password of the secret's DATABASE_URL")


def _deploy(stage: Stage) -> None:
    _step(f"deploy ({stage.parameter('DeploymentType')})")
    # A pipeline has no operator to confirm; `make plan` has shown the changes.
    confirm = () if sys.stdin.isatty() else ("--no-confirm-changeset",)
    try:
        programs.run("sam", *_sam_deploy(stage), *confirm)
    except ProgramFailed as error:
        raise Stopped(f"The deployment failed. {error}. {_after_failed_deployment(stage)}") from None


def _after_failed_deployment(stage: Stage) -> str:
    again = f"Mend it, then `make deploy STAGE={stage.name}`: migrations that were applied stay and harm nothing."
    try:
        state = stack.describe(stage)
    except ProgramFailed as error:
        return f"The state of {stage.stack_name} cannot be seen either. {error}."
    if state is None:
        return f"There is no stack {stage.stack_name}. {again}"
    if problem := state.problem(stage):
        return problem
    if state.status == "UPDATE_ROLLBACK_COMPLETE":
        return (
            "CloudFormation took it back: the version before serves. If an alarm rang during the canary, the log group "
            f"/oneai/{stage.stack_name}/FUNCTION of its function says why (docs/operations/alarms.md). {again}"
        )
    return f"Nothing was executed; the version before serves (state {state.status}). {again}"


def _put_secrets(stage: Stage, found: Preflight) -> stack.StackState:
    try:
        state = stack.describe(stage)
        if state is None:
            raise ProgramFailed(f"{stage.stack_name} is not there after its deployment")
        if found.secrets and (changed := stack.put_secrets(stage, state, found.secrets)):
            _step("secrets")
            print(f"  {', '.join(changed)}: in the secret. Functions that run read it within five minutes.")
    except ProgramFailed as error:
        raise Stopped(
            f"The new version is deployed, and the secret could not be written. {error}. "
            f"`make deploy STAGE={stage.name}` with the same SECRETS does it."
        ) from None
    return state


def _smoke(stage: Stage, found: Preflight, state: stack.StackState) -> None:
    _step(f"smoke test of {state.api_url}")
    try:
        smoke.run(Target.of(stage, state))
        return
    except SmokeFailed as error:
        failed = f"The smoke test failed. {error}."
    if found.stack is None:
        raise Stopped(
            f"{failed} This was the first deployment: there is no version to go back to. The logs are in "
            f"/oneai/{stage.stack_name}/…; `make smoke STAGE={stage.name}` tries it again."
        )
    print(failed, file=sys.stderr)
    _step("roll back")
    try:
        rollback.roll_back(stage)
    except CannotRollBack as error:
        raise Stopped(f"{failed} {error}") from None
    raise Stopped(
        f"{failed} The version before is deployed again and answers. Migrations stay; they harm nothing it needs. "
        f"The logs of the failed version are in /oneai/{stage.stack_name}/…"
    )


def _try_own_domain(stage: Stage, state: stack.StackState) -> None:
    """A domain that does not yet lead to the API is not a failure of the deployment."""
    url = stage.parameter("PublicApiUrl")
    if not url:
        return
    try:
        smoke.answers(Target(url))
    except SmokeFailed as error:
        target = state.outputs.get("ApiDomainTarget", "the API's domain name at API Gateway")
        print(f"  note: {url} does not lead to the API yet ({error}). Its name has to lead to {target}.")


def _sam_deploy(stage: Stage) -> tuple[str, ...]:
    config = ("--config-file", str(stage.config), "--config-env", stage.name)
    return ("deploy", *config, "--template-file", str(BUILD / "template.yaml"))


def _step(name: str) -> None:
    print(f"\n== {name}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the stage serves this commit or its changes are shown, or 1 after printing why not."""
    parser = argparse.ArgumentParser(prog="make deploy", description="Deploys this commit to a stage.")
    parser.add_argument("stage")
    parser.add_argument("--plan", action="store_true", help="only show what would change")
    options = parser.parse_args(arguments)
    dotenv.load()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # the programs write between our lines
    try:
        stage = read_stage(options.stage)
        (plan if options.plan else release)(stage)
    except (NoStage, Stopped) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. CloudFormation continues the deployment by itself; run this again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
