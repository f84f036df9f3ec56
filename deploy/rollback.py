"""`make rollback STAGE=staging`: deploys the template and parameters of the previous deployment again.

A deployment stores what it replaces in `.data/deployments/STACK` on its machine. Code, routes, permissions and
variables are rolled back. The database is not, so a migration keeps what the previous version needs.
"""

import argparse
import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy import programs, smoke, stack
from deploy.programs import ProgramFailed
from deploy.smoke import SmokeFailed, Target
from deploy.stack import StackState
from deploy.stage import NoStage, Stage, read_stage
from local.data_folder import data_folder

TEMPLATE, PARAMETERS = "template.yaml", "parameters.yaml"
# The commits of the last deployments from this machine.
DEPLOYED, REPLACED = "commit", "commit-before"


class CannotRollBack(Exception):
    """The previous version is not stored, or its deployment failed; the text states what to do."""


@dataclass(frozen=True)
class Kept:
    """What a deployment replaced."""

    template: Path
    parameters: Path
    commit: str
    """Its commit, if this machine deployed it."""


def keep(stage: Stage, state: StackState) -> None:
    """Stores the deployed version before the next step replaces it. Raises ProgramFailed."""
    folder = _folder(stage)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TEMPLATE).write_text(stack.template(stage))
    # AllAtOnce, because a faulty version is not rolled back gradually. JSON is YAML, which sam reads parameters from.
    parameters = dict(state.parameters) | {"DeploymentType": "AllAtOnce"}
    (folder / PARAMETERS).write_text(json.dumps(parameters, indent=2))
    with suppress(FileNotFoundError):
        (folder / DEPLOYED).rename(folder / REPLACED)


def keep_commit(stage: Stage, commit: str) -> None:
    """Stores the deployed commit, so that a later rollback can name its target."""
    folder = _folder(stage)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEPLOYED).write_text(commit)


def kept(stage: Stage) -> Kept:
    """The version that the last deployment from this machine replaced. Raises CannotRollBack."""
    folder = _folder(stage)
    if not (folder / PARAMETERS).exists():
        raise CannotRollBack(
            f"This machine has not deployed over an earlier {stage.stack_name}. Check out the commit to go back to, "
            f"then `make deploy STAGE={stage.name}`; its migrations find nothing to do."
        )
    commit = folder / REPLACED
    return Kept(folder / TEMPLATE, folder / PARAMETERS, commit.read_text() if commit.exists() else "")


def roll_back(stage: Stage) -> None:
    """Deploys the replaced version without a canary, and checks that it answers. Raises CannotRollBack."""
    before = kept(stage)
    try:
        programs.run(
            "sam",
            *("deploy", "--config-file", stage.config, "--config-env", stage.name),
            *("--template-file", before.template, "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *("--parameter-overrides", f"file://{before.parameters}"),
        )
        state = stack.describe(stage)
        if state is not None:
            smoke.answers(Target.of(stage, state))
    except (ProgramFailed, SmokeFailed) as error:
        raise CannotRollBack(
            f"The rollback did not succeed. {error}. `make rollback STAGE={stage.name}` tries it again; the stack's "
            f"events in CloudFormation ({stage.stack_name}, {stage.region}) say what it stumbled over."
        ) from None


def _folder(stage: Stage) -> Path:
    return data_folder() / "deployments" / stage.stack_name


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the previous version answers."""
    parser = argparse.ArgumentParser(prog="make rollback", description=__doc__)
    parser.add_argument("stage")
    name = parser.parse_args(arguments).stage
    try:
        stage = read_stage(name)
        before = kept(stage)
        print(f"{stage.stack_name} goes back{f' to {before.commit}' if before.commit else ''}; migrations stay.")
        roll_back(stage)
        keep_commit(stage, before.commit)
    except (NoStage, CannotRollBack) as error:
        print(error, file=sys.stderr)
        return 1
    print("The version before answers again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
