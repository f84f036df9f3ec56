"""A browser on the page where Google's and GitHub's accounts are chosen: it fills the form in and presses a button."""

import base64
import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

from tests.canaries import CANARY

VERIFIER = f"a-verifier-that-is-long-enough-for-pkce-{CANARY}"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "s256"}


@dataclass
class Page(HTMLParser):
    """The form of a page: where it goes, its fields as they are first, its choices and its buttons."""

    action: str = ""
    method: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    accounts: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "form":
            self.action, self.method = attributes["action"], attributes["method"]
        if tag == "button":
            self.buttons.append((name, value))
        if tag == "input":
            if attributes.get("type") == "radio":
                self.accounts.append(value)
            if attributes.get("type") not in ("radio", "checkbox") or "checked" in attributes:
                self.fields[name] = value


def parse(answer: httpx.Response) -> Page:
    """The page of an answer."""
    page = Page()
    page.feed(answer.text)
    return page


async def press(
    http: httpx.AsyncClient, answer: httpx.Response, button: tuple[str, str], **fields: str
) -> httpx.Response:
    """Fills in `fields`, presses the button, and does not follow where that leads."""
    page = parse(answer)
    assert button in page.buttons
    assert page.method == "post"
    form = {**page.fields, **fields, button[0]: button[1]}
    return await http.post(urljoin(str(answer.url), page.action), data=form)


async def provider_sign_in(
    http: httpx.AsyncClient, account: str, provider: str = "google", query: dict[str, Any] | None = None, **fields: str
) -> httpx.Response:
    """From `/authorize` to the redirect to the app; a code unless `query` has no challenge."""
    parameters = {"provider": provider, **(PKCE if query is None else query)}
    answer = await http.get("/authorize", params=parameters)
    assert answer.status_code == 200, answer.text
    return await press(http, answer, ("provider", provider), new_account=account, **fields)
