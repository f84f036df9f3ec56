"""A client of a running stack, as a frontend is: signs in, asks, follows the stream, stops it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from local.people import SignInError, User, sign_in


class RefusedError(Exception):
    """The stack refused; the message is its own."""


@dataclass(frozen=True)
class Event:
    """One event of an answer's stream."""

    name: str
    data: dict[str, Any]


class Client:
    """One user of one stack."""

    def __init__(self, url: str, user: User) -> None:
        self.auth_url = os.environ.get("SUPABASE_URL") or url
        self.user = user
        # A model may think for minutes; a comment every fifteen seconds keeps the stream alive meanwhile.
        self.http = httpx.Client(base_url=url, timeout=httpx.Timeout(10, read=120))
        self._sign_in()

    def models(self) -> list[dict[str, Any]]:
        """The models on offer."""
        answer = self.http.get("/api/chat/models", headers=self._authorization)
        _raise_for_refusal(answer)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def ask(self, question: dict[str, Any]) -> Iterator[Event]:
        """The answer's events as they arrive. Signs in again if the token has expired."""
        for attempt in ("first", "after signing in again"):
            with self.http.stream("POST", "/api/chat/stream", json=question, headers=self._authorization) as answer:
                if answer.status_code == 401 and attempt == "first":
                    self._sign_in()
                    continue
                if answer.status_code != 200:
                    answer.read()
                    _raise_for_refusal(answer)
                yield from _events(answer.iter_lines())
                return

    def stop(self, message_id: str) -> None:
        """Requests a stop; the stream ends when the answer has stopped."""
        headers = self._authorization
        httpx.post(
            self.http.base_url.join("/api/chat/stop"), json={"message_id": message_id}, headers=headers, timeout=10
        )

    def _sign_in(self) -> None:
        try:
            token = sign_in(self.auth_url, self.user)
        except (SignInError, OSError) as error:
            raise RefusedError(f"{self.user.email} cannot sign in at {self.auth_url}: {error}") from error
        self._authorization = {"authorization": f"Bearer {token}"}


def _events(lines: Iterator[str]) -> Iterator[Event]:
    name, data = "message", ""
    for line in lines:
        if not line:
            if data:
                yield Event(name, json.loads(data))
            name, data = "message", ""
        elif line.startswith("event:"):
            name = line.removeprefix("event:").strip()
        elif line.startswith("data:"):
            data += line.removeprefix("data:").removeprefix(" ")


def _raise_for_refusal(answer: httpx.Response) -> None:
    if answer.is_error:
        try:
            error = answer.json()["error"]
            raise RefusedError(f"{error['message']} ({error['code']})")
        except (ValueError, KeyError):
            raise RefusedError(f"HTTP {answer.status_code}") from None
