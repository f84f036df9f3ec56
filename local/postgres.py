"""The stack's Postgres: start it, bring it to the newest schema, copy it for a test, stop it."""

from local.migrations import MigrationError, migrate
from local.postgres_server import OccupiedError, Server, start, stop
from local.template_database import TEMPLATE, build_template, clone, drop, start_for_tests

__all__ = [
    "TEMPLATE",
    "MigrationError",
    "OccupiedError",
    "Server",
    "build_template",
    "clone",
    "drop",
    "migrate",
    "start",
    "start_for_tests",
    "stop",
]
