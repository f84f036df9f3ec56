"""`python -m ops.suspect_data_keys`, which is `make suspect-data-keys`: others may know data keys of workspaces.

    make suspect-data-keys ARGS="--workspace acme --reason 'memory of a process was copied'"
    make suspect-data-keys ARGS="--all --reason 'memory of processes was copied'"

The hourly task `delete_accounts` encrypts their keys for providers by other data keys, and deletes the suspected ones.
Others may know the keys too, so ask the owners to revoke them at the providers.
"""

import argparse
import sys
from uuid import UUID

from oneai.accounts import audit
from ops import command
from ops.command import Connection


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 unless the database is unavailable or there is no such workspace."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make suspect-data-keys", description="Others may know data keys of workspaces.")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--workspace", metavar="WHO", help="an address, or a workspace")
    whose.add_argument("--all", action="store_true", help="those of all workspaces")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    workspace: UUID | None = None
    if not options.all:
        workspace = command.find_workspace(connection, options.workspace)
        if workspace is None:
            return 1
    with connection.transaction():
        marked = connection.execute(
            "update oneai.provider_data_keys set suspected_at = oneai.now() "
            "where suspected_at is null and (%s::uuid is null or workspace_id = %s) returning workspace_id",
            [workspace, workspace],
        ).fetchall()
        for (each,) in marked:
            audit.record(
                connection,
                options.operator,
                "data_key.suspect",
                target=("workspace", str(each)),
                reason=options.reason,
                workspace_id=str(each),
            )
    print(f"{len(marked)} data keys are suspected. The keys that they encrypt get others within an hour.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
