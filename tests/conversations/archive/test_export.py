"""Exporting a conversation, or all of them, as files."""

import io
import json
import re
import zipfile
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import pytest

from tests.conversations.archive.trees import conversation_ids, insert_tree, run_job
from tests.talks import conversation
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

TALK = [(None, True), (0, True), (0, True), (2, True), (3, True)]
EVIL = (
    "<script>alert(1)</script> <img src=https://evil.example/x onerror=alert(1)>\n"
    "</div></body><iframe src='javascript:alert(1)'></iframe> &lt;b&gt;\n"
    "![seen](https://evil.example/pixel.png) [go](javascript:alert(1))\n"
    "```html\n<b>code</b> & so on\n```\n"
    "> ```\n<svg onload=alert(1)>\n```\n<math>\n```\n\x1b[31mred\x07"
)


def say(world: World, talk: str, content: str) -> None:
    """Every message of the conversation says this."""
    world.database.rows("update oneai.chat_messages set content = %s where conversation_id = %s", content, talk)


async def written(world: World, talk: str, form: str, who: str = "asha") -> str:
    answer = await world.get(f"/conversations/{talk}/export", who, format=form)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("form", "media_type", "extension"),
    [
        ("json", "application/json", "json"),
        ("markdown", "text/markdown; charset=utf-8", "md"),
        ("html", "text/html; charset=utf-8", "html"),
        ("txt", "text/plain; charset=utf-8", "txt"),
    ],
)
async def test_an_exported_file_is_named_for_its_conversation(
    form: str, media_type: str, extension: str, shared: World
) -> None:
    talk = insert_tree(shared, "asha", TALK, title='Über: "die/Bäume"\n हिन्दी')

    answer = await shared.get(f"/conversations/{talk}/export", format=form)

    assert answer.headers["content-type"] == media_type
    kind, ascii_name, name = answer.headers["content-disposition"].split("; ")
    assert kind == "attachment"
    assert ascii_name == f'filename="Uber die Baume.{extension}"'
    assert unquote(name.removeprefix("filename*=UTF-8''")) == f"Über die Bäume हिन्दी.{extension}"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "message 0" in answer.text


@pytest.mark.parametrize("title", [None, "...", "../../..", "\u202e\u200b", "////", "CON" * 100])
async def test_every_title_makes_a_valid_file_name(title: str | None, shared: World) -> None:
    talk = insert_tree(shared, "asha", TALK, title=title)

    name = (await shared.get(f"/conversations/{talk}/export")).headers["content-disposition"]

    found = re.fullmatch(r"attachment; filename=\"([\w ]{1,80})\.json\"; filename\*=UTF-8''[\w%]{1,80}\.json", name)
    assert found, name


@pytest.mark.parametrize("form", ["markdown", "html", "txt"])
async def test_formats_for_reading_have_the_visible_branch(form: str, shared: World) -> None:
    text = await written(shared, insert_tree(shared, "asha", TALK), form)

    assert [int(n) for n in re.findall(r"message (\d)", text)] == [0, 2, 3, 4]
    assert "Be a tree." in text
    assert "some/model-1" in text
    assert "a.png" in text


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_an_html_file_runs_no_script_and_loads_nothing(shared: World) -> None:
    talk = insert_tree(
        shared, "asha", TALK, title="</title><script>alert(2)</script>", system_prompt="<script>3</script>"
    )
    say(shared, talk, EVIL)

    page = Elements()
    page.feed(await written(shared, talk, "html"))

    assert {tag for tag, _ in page.found} == {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "section", "time", "small", "div"),
        *("details", "summary"),
    }
    assert {name for _, attributes in page.found for name in attributes} <= {
        *("charset", "http-equiv", "content", "name", "dir", "datetime")
    }
    (policy,) = [each["content"] for tag, each in page.found if tag == "meta" and "http-equiv" in each]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert page.text.count("<script>alert(1)</script>") == 4
    answer = await shared.get(f"/conversations/{talk}/export", format="html")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


async def test_markdown_has_every_message_as_written_and_states_so_first(shared: World) -> None:
    talk = insert_tree(
        shared, "asha", [(None, True), (0, True)], title="# <script>\n## You", system_prompt="<b>Be brief</b>"
    )
    say(shared, talk, EVIL)

    text = await written(shared, talk, "markdown")

    assert text.count(f"\n\n{EVIL}\n") == 2
    assert "\n\n<b>Be brief</b>\n" in text
    title, _, date, _, notice = text.splitlines()[:5]
    assert (title, date.endswith(" UTC*")) == ("# # <script> ## You", True)
    assert "as it was written" in notice
    assert "HTML export" in notice


async def test_plain_text_contains_no_terminal_escape(shared: World) -> None:
    talk = insert_tree(shared, "asha", TALK, title="\x1b]0;owned\x07")
    say(shared, talk, EVIL)

    text = await written(shared, talk, "txt")

    assert not [sign for sign in text if ord(sign) < 32 and sign not in "\n\t"]
    assert "<script>alert(1)</script>" in text


async def test_no_line_of_a_message_can_imitate_a_heading_in_plain_text(shared: World) -> None:
    lie = "You, 2026-01-01 10:00 UTC:"
    breaks = "\n\r\x0b\x0c\x85\u2028\u2029"
    words = lie.join(breaks) + lie
    talk = insert_tree(shared, "asha", [(None, True), (0, True)], title=f"Rain{words}", system_prompt=words)
    say(shared, talk, words)
    shared.database.rows(
        """
        update oneai.chat_messages set model_served = %s, metadata = jsonb_build_object('attachments',
          jsonb_build_array(jsonb_build_object('name', %s::text))) where conversation_id = %s
        """,
        *(f"some/model{words}", words, talk),
    )

    text = await written(shared, talk, "txt")

    # Lines as in an editor that breaks them at every Unicode line end.
    at_the_margin = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert [line for line in at_the_margin if line.startswith(lie)] == []
    assert len(at_the_margin) == len(["title", "date", "System prompt:", "question", "answer"])


async def test_an_answer_being_written_is_exported_as_far_as_it_got(shared: World) -> None:
    async with shared.asking("Go on", model="local/slow") as stream:
        start = await stream.next()
        assert start is not None
        while (event := await stream.next()) is not None and event[0] != "delta":
            pass
        document = json.loads(await written(shared, start[1]["conversation_id"], "json"))
        answer = document["messages"][-1]
        assert answer["state"] == "streaming"
        assert answer["content"]
        await shared.post("/chat/stop", {"message_id": start[1]["message_id"]})


async def test_a_temporary_conversation_is_never_exported(shared: World) -> None:
    who = shared.newcomer()
    talk = insert_tree(shared, who, TALK, temporary=True)

    assert (await shared.get(f"/conversations/{talk}/export", who)).status_code == 404
    assert (await entries(shared, who)).keys() == {"index.json"}


async def test_a_conversation_larger_than_a_response_is_sent_as_a_link(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 10, 'नमस्ते "quoted"\n' * 25_000)

    accepted = await shared.get(f"/conversations/{talk}/export", who, format="markdown")
    again = await shared.get(f"/conversations/{talk}/export", who, format="markdown")
    other = await shared.get(f"/conversations/{talk}/export", who, format="txt")
    assert [answer.status_code for answer in (accepted, again, other)] == [202, 202, 202]
    assert accepted.json() == again.json() != other.json()
    export = accepted.json()["export_id"]
    assert (await shared.get(f"/exports/{export}", who)).json() == {
        "state": "queued", "progress": 0, "url": None, "expires_at": None, "error": None
    }  # fmt: skip

    assert (await run_job())["exports"] >= 2

    done = (await shared.get(f"/exports/{export}", who)).json()
    assert (done["state"], done["progress"]) == ("done", 100)
    file = await shared.http.get(done["url"])
    assert file.headers["content-type"] == "text/markdown; charset=utf-8"
    assert file.headers["content-disposition"].endswith("conversation.md")
    assert len(file.content) > 4_500_000
    assert file.text.count("## You") == 5


async def test_a_response_that_json_makes_too_large_is_sent_as_a_link_too(shared: World) -> None:
    # Two million quotation marks are four million bytes of JSON, and eight of JSON in Lambda's JSON.
    talk = conversation(shared, "asha", 1, '"' * 2_000_000)

    assert (await shared.get(f"/conversations/{talk}/export", format="txt")).status_code == 200
    assert (await shared.get(f"/conversations/{talk}/export", format="json")).status_code == 202


async def entries(world: World, who: str) -> dict[str, Any]:
    """The contents of the full export."""
    accepted = await world.post("/exports", None, who)
    assert accepted.status_code == 202
    await run_job()
    url = (await world.get(f"/exports/{accepted.json()['export_id']}", who)).json()["url"]
    with zipfile.ZipFile(io.BytesIO((await world.http.get(url)).content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_a_full_export_is_a_zip_file_with_an_index(shared: World) -> None:
    who = shared.newcomer()
    for title in ("One", "Two / Deux", "हिन्दी"):
        insert_tree(shared, who, TALK, title=title)

    files = await entries(shared, who)

    index = json.loads(files["index.json"])
    assert [entry["title"] for entry in index["conversations"]] == ["One", "Two / Deux", "हिन्दी"]
    assert [entry["id"] for entry in index["conversations"]] == conversation_ids(shared, who)
    for entry in index["conversations"]:
        assert len(json.loads(files[entry["json_file"]])["messages"]) == len(TALK)
        assert "message 0" in files[entry["markdown_file"]]
        assert re.fullmatch(r"conversations/[\w-]+\.(json|md)", entry["json_file"])
    assert len(files) == 7


async def test_one_full_export_runs_at_a_time(shared: World) -> None:
    who = shared.newcomer()
    first = (await shared.post("/exports", None, who)).json()
    assert (await shared.post("/exports", None, who)).json() == first
    await run_job()
    assert (await shared.post("/exports", None, who)).json() != first


async def test_a_fourth_concurrent_export_is_refused(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 1, "x" * 5_000_000)
    for form in ("json", "markdown", "txt"):
        assert (await shared.get(f"/conversations/{talk}/export", who, format=form)).status_code == 202

    refused = await shared.post("/exports", None, who)

    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "60"
    await run_job()
    assert (await shared.post("/exports", None, who)).status_code == 202


async def test_an_export_of_a_conversation_deleted_since_fails_with_a_reason(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 1, "x" * 5_000_000)
    export = (await shared.get(f"/conversations/{talk}/export", who)).json()["export_id"]
    shared.database.rows("delete from oneai.conversations where id = %s", talk)
    await run_job()

    result = (await shared.get(f"/exports/{export}", who)).json()
    assert (result["state"], result["error"]) == (
        "failed",
        "What you asked for no longer exists, or you can no longer read it.",
    )


async def test_an_export_link_expires_before_its_file(own_world: World) -> None:
    insert_tree(own_world, "asha", TALK)
    export = (await own_world.post("/exports", None)).json()["export_id"]
    await run_job()
    result = (await own_world.get(f"/exports/{export}")).json()
    left = datetime.fromisoformat(result["expires_at"]) - own_world.database.one("select oneai.now()")
    assert 14 * 60 < left.total_seconds() <= 15 * 60
    assert (await own_world.http.get(result["url"])).status_code == 200

    own_world.database.advance(16 * 60)
    assert (await own_world.http.get(result["url"])).status_code == 403
    another = (await own_world.get(f"/exports/{export}")).json()["url"]
    assert (await own_world.http.get(another)).status_code == 200

    own_world.database.advance(86_400)
    assert (await own_world.get(f"/exports/{export}")).json()["state"] == "expired"
    assert (await run_job())["expired"] == 1
    ended = (await own_world.get(f"/exports/{export}")).json()
    assert (ended["state"], ended["url"]) == ("expired", None)
    own_world.database.advance(31 * 86_400)
    await run_job()
    assert (await own_world.get(f"/exports/{export}")).status_code == 404


async def test_an_export_or_import_of_another_user_is_not_found(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    talk = insert_tree(shared, asha, TALK)
    export = (await shared.post("/exports", None, asha)).json()["export_id"]

    for path in (f"/conversations/{talk}/export", f"/exports/{export}", f"/import/{export}"):
        assert (await shared.get(path, ravi)).status_code == 404
    opened = await shared.post("/uploads", {"name": "c.json", "type": "application/json", "size": 2}, asha)
    refused = await shared.post("/import", {"upload_id": opened.json()["upload_id"]}, ravi)
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "not_found")
    assert (await shared.get(f"/conversations/{talk}/export", asha, format="pdf")).status_code == 422


async def test_users_see_only_their_own_rows(shared: World) -> None:
    asha, ravi = shared.newcomer(), shared.newcomer()
    insert_tree(shared, asha, TALK, title="Asha's")
    insert_tree(shared, ravi, TALK, title="Ravi's")

    assert "Ravi" not in "".join((await entries(shared, asha)).values())
