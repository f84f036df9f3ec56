"""`python -m ops.rotate_webhook_secret`, which is `make rotate-webhook-secret`: a new secret of Razorpay's webhook.

    SECRET_ARN=… make rotate-webhook-secret

It asks for the new secret (or reads a line from stdin) and puts it into the deployment's secret beside the old one. The
old one is accepted for 24 more hours, because Razorpay signs retries with the secret of the first attempt. Change it in
Razorpay's dashboard right after.
"""

import argparse
import getpass
import sys
from datetime import UTC, datetime

from oneai.accounts import audit
from oneai.clients import secret_versions
from oneai.clients.razorpay import PREVIOUS_SECRET_LIVES
from oneai.clients.secret_versions import SecretUnavailable, SecretVersion
from ops import command
from ops.command import Connection

SECRET, PREVIOUS, ROTATED_AT = (f"RAZORPAY_WEBHOOK_SECRET{suffix}" for suffix in ("", "_PREVIOUS", "_ROTATED_AT"))
SHORTEST = 16


class Refused(Exception):
    """The new secret is refused; the text states why."""


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the deployment's secret has the new one."""
    parser = command.Parser(prog="make rotate-webhook-secret", description="Replaces the secret of Razorpay's webhook.")
    command.add_reason(parser)
    return command.run(parser, _do, arguments)


def _do(connection: Connection, options: argparse.Namespace) -> int:
    try:
        version = secret_versions.read()
        now = datetime.now(UTC)
        _check_last(version, now)
        new = _ask()
        old = version.value(SECRET)
        if len(new) < SHORTEST or new == old:
            raise Refused(f"A new secret has {SHORTEST} characters or more, and is another one.")
        values = {SECRET: new, PREVIOUS: old, ROTATED_AT: now.isoformat(timespec="seconds").replace("+00:00", "Z")}
        with connection.transaction():
            audit.record(
                connection, options.operator, "secret.rotate", target=("secret", SECRET), reason=options.reason
            )
            secret_versions.replace(version, **values)
    except (SecretUnavailable, Refused) as error:
        print(f"{error} Nothing was changed.", file=sys.stderr)
        return 1
    print("The new secret counts, and the old one for 24 hours more. Change it in Razorpay's dashboard now.")
    return 0


def _check_last(version: SecretVersion, now: datetime) -> None:
    """Raises Refused while the previous secret is still accepted, because a third one has no place."""
    try:
        last = datetime.fromisoformat(version.value(ROTATED_AT))
    except ValueError:
        return
    if last.tzinfo and version.value(PREVIOUS) and now - last < PREVIOUS_SECRET_LIVES:
        raise Refused(f"The last rotation was at {last:%Y-%m-%d %H:%M} UTC; the secret before it counts for 24 hours.")


def _ask() -> str:
    """Reads the new secret without showing it."""
    typed = getpass.getpass("New secret of the webhook: ") if sys.stdin.isatty() else sys.stdin.readline()
    return typed.strip()


if __name__ == "__main__":
    sys.exit(main())
