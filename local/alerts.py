"""`python -m local.alerts`, which is `make alerts`: what operators were told and nobody has acknowledged yet.

`python -m local.alerts acknowledge ID …` puts some aside. Looks at DATABASE_URL, else at the stack that runs here.
"""

import os
import sys
from typing import Any

import psycopg
from psycopg.rows import dict_row

from local import dotenv
from local.data_folder import data_folder
from local.postgres_server import SUPERUSER, running_url
from local.surroundings import DATABASE


def main() -> int:
    """Returns 0 unless nobody could be asked."""
    dotenv.load()
    url = os.environ.get("DATABASE_URL") or running_url(data_folder() / "postgres", DATABASE, SUPERUSER)
    try:
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            if "acknowledge" in sys.argv:
                _acknowledge(connection, [int(number) for number in sys.argv[2:]])
            alerts = connection.execute(
                "select id, kind, subject, detail, first_at, last_at, count from oneai.operator_alerts "
                "where acknowledged_at is null order by last_at"
            ).fetchall()
    except psycopg.OperationalError:
        print("No stack is running here, and DATABASE_URL names no other.", file=sys.stderr)
        return 1
    for alert in alerts:
        print(
            f"{alert['id']:5}  {alert['kind']}  {alert['subject']}  {alert['count']} times, "
            f"{alert['first_at']:%Y-%m-%d %H:%M} to {alert['last_at']:%Y-%m-%d %H:%M}  {alert['detail']}"
        )
    if not alerts:
        print("Nothing to worry about.")
    return 0


def _acknowledge(connection: psycopg.Connection[dict[str, Any]], numbers: list[int]) -> None:
    connection.execute(
        "update oneai.operator_alerts set acknowledged_at = oneai.now() where id = any(%s)",
        [numbers],
    )


if __name__ == "__main__":
    sys.exit(main())
