"""`python -m local.chat`, which is `make chat`: talk to the running stack in the terminal, or to one of its own.

Commands: /models lists the models (/models TEXT those with it), /model ID asks one from now on, /new, /quit.
Ctrl-C stops an answer; at the prompt it ends the chat. Lines may also be piped in.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from types import FrameType
from typing import Any
from uuid import uuid4

import httpx

from local import dotenv
from local.chat_client import Client, RefusedError
from local.data_folder import data_folder, running_address
from local.environment import port, python, python_environment
from local.people import SEED, User
from local.processes import die_with_parent, end

_DIM, _PLAIN = ("\x1b[2m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
_SCENARIOS = "local/"


class Chat:
    """A conversation at the terminal."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.model: str | None = None
        self.conversation_id: str | None = None

    def run(self) -> None:
        """Reads lines until there are no more."""
        for line in _lines():
            match line.split():
                case []:
                    continue
                case ["/quit" | "/exit"]:
                    return
                case ["/new"]:
                    self.conversation_id = None
                    print("A new conversation.")
                case ["/models", *words]:
                    self._guarded(self._list_models, " ".join(words))
                case ["/model"]:
                    print(self.model or "the default model")
                case ["/model", name]:
                    self._guarded(self._choose, name)
                case [command, *_] if command.startswith("/"):
                    print(f"There is no {command}. {(__doc__ or '').splitlines()[2]}")
                case _:
                    self._guarded(self._ask, line)

    def _guarded(self, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except RefusedError as error:
            print(error)
        except httpx.HTTPError as error:
            print(f"The stack does not answer: {type(error).__name__}")

    def _choose(self, name: str) -> None:
        model = next((each for each in self.client.models() if each["id"] == name), None)
        if model is None:
            print(f"There is no model {name}. /models lists them.")
            return
        self.model = name
        print(f"From now on {name} is asked.{'' if model['in_plan'] else ' It is not in your plan.'}")

    def _list_models(self, text: str) -> None:
        """The models with `text` in their id; without one all but the stand-in's scenarios, which are for tests."""
        models = self.client.models()
        listed = [each for each in models if (text in each["id"] if text else not each["id"].startswith(_SCENARIOS))]
        for model in listed:
            print(f"{model['id']:48} {model['quota_key']:18} {'' if model['in_plan'] else 'not in your plan'}")
        if not text and len(models) > len(listed):
            print(
                f"{len(models) - len(listed)} more play what may happen to an answer: /models {_SCENARIOS.rstrip('/')}"
            )
        if not listed:
            print("There are none.")

    def _ask(self, text: str) -> None:
        message_id = str(uuid4())
        question: dict[str, Any] = {"message": text, "message_id": message_id}
        question |= {"model": self.model} if self.model else {}
        question |= {"conversation_id": self.conversation_id} if self.conversation_id else {}
        thinking = False
        with self._stopped_by_ctrl_c(message_id):
            for event in self.client.ask(question):
                if thinking and event.name != "reasoning":
                    thinking = False
                    _write(f"{_PLAIN}\n")
                match event.name:
                    case "start":
                        self.conversation_id = event.data["conversation_id"]
                    case "reasoning":
                        _write(event.data["text"] if thinking else f"{_DIM}{event.data['text']}")
                        thinking = True
                    case "delta":
                        _write(event.data["text"])
                    case "done":
                        if event.data["notice"]:
                            _write(f"\n{event.data['notice']}")
                        _write(f"\n{_DIM}{_summary(event.data)}{_PLAIN}\n")
                    case "error":
                        error = event.data["error"]
                        _write(f"\n{error['message']} ({error['code']})\n")

    @contextlib.contextmanager
    def _stopped_by_ctrl_c(self, message_id: str) -> Iterator[None]:
        def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signature of a handler
            # Not in the handler: that interrupts the read that is to see the end of the stream.
            threading.Thread(target=self.client.stop, args=(message_id,), daemon=True).start()

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _summary(done: dict[str, Any]) -> str:
    usage, quota = done.get("usage") or {}, done.get("quota") or {}
    parts = [str(done["model"]), f"{usage.get('completion_tokens', 0)} tokens"]
    if quota:
        parts.append(f"{quota['remaining']} {quota['key'].replace('_', ' ')} left")
    if done["state"] != "complete":
        parts.append(done["state"])
    return " · ".join(parts)


def _write(text: str) -> None:
    print(text, end="", flush=True)


def _lines() -> Iterator[str]:
    if not sys.stdin.isatty():
        for line in sys.stdin:
            print(f"> {line.rstrip()}", flush=True)
            yield line.strip()
        return
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  importing it gives `input` its history and its keys
    while True:
        try:
            yield input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return


@contextlib.contextmanager
def _some_stack() -> Iterator[str]:
    """The stack at PORT or over the data folder; else one started for this chat."""
    written = None if os.environ.get("PORT") else running_address()
    url = written or f"http://127.0.0.1:{port()}"
    try:
        with urllib.request.urlopen(f"{url}/api/health", timeout=5):  # noqa: S310  our own address
            pass
    except urllib.error.HTTPError:
        raise RefusedError(f"What answers at {url} is no OneAI stack.") from None
    except OSError:
        with _own_stack() as own:
            yield own
    else:
        yield url


@contextlib.contextmanager
def _own_stack() -> Iterator[str]:
    print(f"{_DIM}No stack is running; starting one for this chat.{_PLAIN}", flush=True)
    data = data_folder() / "chat"
    environment = os.environ | python_environment() | {"PORT": "0", "ONEAI_DATA": str(data), "ONEAI_RELOAD": "0"}
    process = subprocess.Popen(
        python("local"),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C stops an answer, not the stack
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509  it only calls prctl
    )
    assert process.stdout is not None  # noqa: S101  it is a pipe
    try:
        for line in process.stdout:
            if line.startswith(b"ready "):
                break
        else:
            raise RefusedError("The stack did not start.")
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield line.decode().split()[1]
    finally:
        end(process, signal.SIGTERM, within=10)


def main() -> int:
    """Returns 0 unless there is no stack to talk to."""
    dotenv.load()
    user = User(os.environ.get("ONEAI_EMAIL") or SEED[0].email, os.environ.get("ONEAI_PASSWORD") or SEED[0].password)
    try:
        with _some_stack() as url:
            print(f"{_DIM}{user.email} at {url}. /models /model ID /new /quit; Ctrl-C stops an answer.{_PLAIN}")
            Chat(Client(url, user)).run()
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
