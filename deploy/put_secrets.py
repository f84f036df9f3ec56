"""`SECRETS=file.json make put-secrets STAGE=staging`: changes keys of a deployed stack, and nothing else.

Keys in the file are added or replaced, and the others are kept. Running functions read them within five minutes.
"""

import argparse
import sys

from deploy import preflight, stack
from deploy.programs import ProgramFailed
from deploy.stage import NoStage, read_stage
from local import dotenv


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the secrets have the values of the file."""
    parser = argparse.ArgumentParser(prog="make put-secrets", description="Changes keys of a deployed stack.")
    parser.add_argument("stage")
    name = parser.parse_args(arguments).stage
    dotenv.load()
    try:
        stage = read_stage(name)
        values = preflight.new_secrets()
        state = stack.describe(stage)
        if not values:
            raise ValueError("SECRETS names no file: a JSON object of the keys to change.")
        if state is None:
            raise ValueError(f"{stage.stack_name} is not deployed: `make deploy STAGE={name}` takes SECRETS, too.")
        changed = stack.put_secrets(stage, state, values)
    except (NoStage, ProgramFailed, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{', '.join(changed)}: changed." if changed else "Nothing differs from what the secrets have.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
