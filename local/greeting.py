"""Prints the greeting of a started stack: its users, a request to paste, its clock and its address."""

import json
import os
import urllib.request
from datetime import timedelta
from pathlib import Path

from local import environment, people
from local.clock import in_words
from local.data_folder import address_file
from local.postgres_server import SUPERUSER, running_url


def greet(url: str, data: Path) -> None:
    """Prints it once the stack at `url` answers. The last line is `ready` and the address."""
    token = _sign_seed_users_up(url, data) if environment.own_auth() else None
    if token is None:
        auth = os.environ.get("SUPABASE_URL") or url
        say("", f"Users sign in at {auth}; put a user's access token into ACCESS_TOKEN.")
        token = "$ACCESS_TOKEN"
    say("", "Ask something:")
    question = json.dumps({"message": "Hello! What can you do for me?"})
    quote = '"' if token.startswith("$") else "'"  # the shell should expand a variable, but nothing else
    say(
        f"curl -N {url}/api/chat/stream -H {quote}Authorization: Bearer {token}{quote} "
        f"-H 'Content-Type: application/json' -d '{question}'"
    )
    _print_moved_clock(url)
    # Before the last line: programs that wait for it may read the file.
    address_file(data).write_text(f"{url}\n")
    say("", f"ready {url}")


def say(*lines: str) -> None:
    """Prints lines; the terminal may have been closed."""
    try:
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _sign_seed_users_up(url: str, data: Path) -> str | None:
    """Signs the seed users up, one of them as an admin; returns an access token of the first."""
    try:
        for user in people.SEED:
            people.ensure(url, user)
        if environment.own_database():
            people.make_admin(running_url(data / "postgres", environment.DATABASE, SUPERUSER), people.ADMIN)
        token = people.sign_in(url, people.SEED[0])
    except (people.SignInError, OSError) as error:
        say(f"The seed people could not be signed up in this database: {error}")
        return None
    say("", "People who can sign in, with their passwords:")
    say(*(f"  {user.email}  {user.password}" for user in people.SEED))
    return token


def _print_moved_clock(url: str) -> None:
    """Prints a moved clock, which may have been moved months ago or by another developer."""
    with urllib.request.urlopen(f"{url}/local/clock", timeout=60) as answer:  # noqa: S310  our own address
        clock = json.load(answer)
    ahead = timedelta(seconds=clock["offset_seconds"])
    if ahead >= timedelta(minutes=1):
        say(
            "",
            f"The stack's clock was moved: it is {in_words(ahead)} ahead, at {clock['now'][:16].replace('T', ' ')} "
            "UTC. It never goes back; a new data folder begins with today: ONEAI_DATA=.data-2 make dev",
        )
