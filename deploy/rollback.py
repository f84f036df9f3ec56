"""`make rollback STAGE=staging`: the template and parameters of the deployment before, deployed again.

A deployment keeps what it replaces in `.data/deployments/STACK` on the machine that makes it. Code, routes, rights and
variables go back; the database does not, which is why a migration leaves alone what the version before needs.
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
# The commits that were deployed last from this machine, and before.
DEPLOYED, REPLACED = "commit", "commit-before"


class CannotRollBack(Exception):
    """Nothing is kept of the version before, or it could not be deployed; the text says what to do."""


@dataclass(frozen=True)
class Kept:
    """What a deployment replaced."""

    template: Path
    parameters: Path
    commit: str
    """Its commit, if this machine deployed it."""


def keep(stage: Stage, state: StackState) -> None:
    """Keeps what is deployed now, which the next step replaces. Raises ProgramFailed."""
    folder = _folder(stage)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TEMPLATE).write_text(stack.template(stage))
    # AllAtOnce: what is going wrong is not taken back by tenths. JSON is YAML, which sam reads parameters from.
    parameters = dict(state.parameters) | {"DeploymentType": "AllAtOnce"}
    (folder / PARAMETERS).write_text(json.dumps(parameters, indent=2))
    with suppress(FileNotFoundError):
        (folder / DEPLOYED).rename(folder / REPLACED)


def keep_commit(stage: Stage, commit: str) -> None:
    """Remembers what was deployed, so that a later rollback can say what it goes back to."""
    folder = _folder(stage)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEPLOYED).write_text(commit)


def kept(stage: Stage) -> Kept:
    """What the last deployment from this machine replaced. Raises CannotRollBack."""
    folder = _folder(stage)
    if not (folder / PARAMETERS).exists():
        raise CannotRollBack(
            f"This machine has not deployed over an earlier {stage.stack_name}. Check out the commit to go back to, "
            f"then `make deploy STAGE={stage.name}`; its migrations find nothing to do."
        )
    commit = folder / REPLACED
    return Kept(folder / TEMPLATE, folder / PARAMETERS, commit.read_text() if commit.exists() else "")


def roll_back(stage: Stage) -> None:
    """Deploys what the last deployment replaced, without a canary, and sees that it answers. Raises CannotRollBack."""
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
    """Returns 0 when the version before answers."""
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
