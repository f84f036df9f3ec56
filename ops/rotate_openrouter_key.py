"""`python -m ops.rotate_openrouter_key`, which is `make rotate-openrouter-key`: replaces a key of the secret.

    OPENROUTER_MANAGEMENT_KEY=… SECRET_ARN=… make rotate-openrouter-key
    make rotate-openrouter-key ARGS="--key c96 --reason 'was in a screenshot'"      where the secret has several keys

It creates a key with the limits of the old one, tests it with a question, and puts it into the secret before the old
one. A quarter of an hour later it disables the old key and removes it. A rotation stopped at any moment continues when
it is run again. It records its steps in the database at DATABASE_URL, whose lock prevents a second concurrent rotation.
The management key is read from the environment of this command; it belongs neither in the secret nor in a function.
"""

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psycopg

from oneai.accounts import audit
from oneai.accounts.audit import AuditAction
from oneai.clients.openrouter import rotation
from oneai.clients.openrouter.rotation import RotationFailed, Step
from oneai.clients.secret_versions import SecretUnavailable
from oneai.errors import OneAIError
from oneai.models import providers
from oneai.plans.title_model import title_model
from ops import command
from ops.command import Connection

KEEP_ALIVE_SECONDS = 30.0

# The database releases the lock when the connection ends, even if this process is killed. That may be a moment after
# the process ended, so a rotation that ends normally releases it first.
LOCK = "select pg_try_advisory_lock(hashtextextended('oneai.rotate_openrouter_key', 0))"
UNLOCK = "select pg_advisory_unlock(hashtextextended('oneai.rotate_openrouter_key', 0))"
RECORDED: dict[str, AuditAction] = {"created": "openrouter_key.create", "disabled": "openrouter_key.disable"}
SENTENCES = {
    "discarded": "{label}, which an earlier rotation created and did not use, is deleted.",
    "created": "{label} is created.",
    "verified": "{label} answered a question.",
    "deployed": "{label} is in the secret. Functions take it when they start, and when the old key is refused.",
    "resumed": "{label} is in the secret already: an earlier rotation is finished.",
    "waiting": "{label} is disabled at {until:%H:%M} UTC, when no request is under way with it any more. "
    "Leave this running, or stop it and run it again later.",
    "disabled": "{label} is disabled.",
    "removed": "{label} is out of the secret. The rotation is done.",
}


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when the old key is disabled."""
    return command.run(_arguments(), _do, arguments)


def _arguments() -> argparse.ArgumentParser:
    parser = command.Parser(prog="make rotate-openrouter-key", description="Replaces an OpenRouter key.")
    parser.add_argument("--key", default="", help="the last characters of the key to replace, if there are several")
    parser.add_argument("--model", default="", help="the model to test the new key with; by default a cheap one")
    command.add_reason(parser)
    return parser


def _do(connection: Connection, options: argparse.Namespace) -> int:
    management_key = os.environ.get("OPENROUTER_MANAGEMENT_KEY", "").strip()
    if not management_key:
        return _fail("OPENROUTER_MANAGEMENT_KEY is not set: a management key of OpenRouter, for this command alone.")
    (is_alone,) = connection.execute(LOCK).fetchone() or (False,)
    if not is_alone:
        return _fail("Another rotation of this deployment's keys is under way. Run this again when it has ended.")
    try:
        asyncio.run(_rotate(connection, options, management_key))
    except (RotationFailed, SecretUnavailable) as error:
        return _fail(str(error))
    except OneAIError as error:
        return _fail(f"{error.message} Run this again: it goes on from here.")
    except KeyboardInterrupt:
        return _fail("Stopped. Run this again: it goes on from here.")
    finally:
        with suppress(psycopg.Error):  # a lost connection has released it
            connection.execute(UNLOCK)
    return 0


async def _rotate(connection: Connection, options: argparse.Namespace, management_key: str) -> None:
    async def pause(seconds: float) -> None:
        """Waits, and stops if the connection, and with it the lock, is lost."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, KEEP_ALIVE_SECONDS))
            connection.execute("select 1")

    try:
        model = options.model or await _cheap_model()
        async for step in rotation.rotate(
            management_key, model, hint=options.key, wait_seconds=rotation.WAIT_SECONDS, pause=pause
        ):
            print(_sentence(step), flush=True)
            if step.action in RECORDED:
                audit.record(
                    connection,
                    options.operator,
                    RECORDED[step.action],
                    target=("openrouter_key", step.label),
                    reason=options.reason,
                )
    finally:
        await providers.close()


async def _cheap_model() -> str:
    model = title_model(await providers.list_models())
    if model is None:
        raise RotationFailed("No cheap model is on offer: --model names the one to try the new key with.")
    return model.id


def _sentence(step: Step) -> str:
    until = datetime.now(UTC) + timedelta(seconds=step.seconds)
    return SENTENCES[step.action].format(label=step.label, until=until)


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
