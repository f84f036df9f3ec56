"""The page at `/local/`, and who serves the other addresses."""

import re

import httpx
import pytest

from local.data_folder import REPOSITORY
from tests.local.running import Stack

pytestmark = pytest.mark.exhaustive

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("headers", [BROWSER, {"accept": "*/*"}])
@pytest.mark.parametrize("path", ["/local", "/local/"])
def test_the_page_loads_nothing_from_elsewhere(stack: Stack, path: str, headers: dict[str, str]) -> None:
    page = httpx.get(f"{stack.url}{path}", headers=headers, follow_redirects=True, timeout=30)

    assert (page.status_code, page.url.path) == (200, "/local/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", page.text) == []


def test_the_page_shows_users_jobs_documents_and_the_database(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, timeout=30) as browser:
        described = browser.get("/local/stack").json()
        documents = [browser.get(f"/local/docs/{name}") for name in described["documents"]]
        secret = [
            browser.get(f"/local/docs/{name}").status_code for name in ("../README.md", "%2e%2e/Makefile", "x.md")
        ]

    assert {"email": "asha@example.com", "password": "asha-password"} in described["people"]
    assert {"function": "send_mail", "schedule": "rate(1 minute)", "event": {}} in described["jobs"]
    tasks = {each["function"]: each["event"]["task"] for each in described["jobs"] if "task" in each["event"]}
    assert tasks == {name: name for name in ("notify", "roll_up_usage", "retention", "delete_accounts")}
    assert {"/local/outbox", "/local/people", "/local/razorpay"} <= set(described["stand_ins"])
    assert described["database_url"].startswith("postgresql://postgres@/oneai?host=")
    assert "api.md" in described["documents"]
    assert {answer.status_code for answer in documents} == {200}
    assert documents[described["documents"].index("api.md")].text == (REPOSITORY / "docs" / "api.md").read_text()
    assert secret == [404, 404, 404]


def test_a_program_and_the_api_get_refusals_in_our_envelope(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, timeout=30) as client:
        program = client.get("/billing", headers={"accept": "application/json"})
        api = client.get("/api/nowhere", headers=BROWSER)
        posted = client.post("/billing", headers=BROWSER)

    assert [each.json()["error"]["code"] for each in (program, api, posted)] == ["not_found"] * 3


def test_the_outbox_shows_the_time_of_each_mail_and_opens_links_in_a_new_tab(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url, timeout=30) as browser:
        browser.post("/local/run/send_mail").raise_for_status()
        page = browser.get("/local/outbox/", headers=BROWSER).text

        (number, *_) = re.findall(r'src="/local/outbox/(\d+)\.html"', page)
        mail = browser.get(f"/local/outbox/{number}.html")

    assert mail.text.startswith('<base target="_blank">')
    assert "allow-popups-to-escape-sandbox" in mail.headers["content-security-policy"]
    assert "allow-scripts" not in page + mail.headers["content-security-policy"]
    summaries = re.findall(r"<summary>.*?</summary>", page)
    assert summaries
    assert [each for each in summaries if not re.search(r"\d\d [A-Z][a-z]{2} \d{4}, \d\d:\d\d UTC", each)] == []
