"""`python -m local`, which is `make dev`: the whole system on one port, until Ctrl-C."""

import sys

from local import dotenv, environment
from local.supervisor import StackError, Supervisor


def main() -> int:
    """Returns 0 after a signal to end, 1 if it could not start."""
    dotenv.load()
    environment.runs_chat_remotely()
    environment.max_concurrency()
    try:
        Supervisor(environment.port()).run()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
