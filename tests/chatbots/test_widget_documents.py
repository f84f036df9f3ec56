"""The documents at the widget's own origin."""

import base64
import hashlib
import re

from tests.chatbots.visitors import Website
from tests.workspaces.teams import insert_team
from tests.world import World


async def test_a_frame_is_allowed_on_the_chatbots_websites_alone_and_has_no_token(shared: World) -> None:
    website = await _website(shared, domains=["https://shop.example", "https://*.shop.example"])
    frame = await shared.http.get(f"{website.path}/frame")
    policy = _policy(frame.headers["content-security-policy"])

    assert frame.status_code == 200
    assert frame.headers["content-type"] == "text/html; charset=utf-8"
    assert frame.headers["cache-control"] == "public, max-age=60"
    assert frame.headers["cross-origin-resource-policy"] == "cross-origin"
    assert policy["frame-ancestors"].split()[-2:] == ["https://shop.example", "https://*.shop.example"]
    # What stands in the document is allowed by its hash alone.
    for kind, element in (("script-src", "script"), ("style-src", "style")):
        inline = re.findall(f"<{element}>(.+?)</{element}>", frame.text)
        hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in inline]
        assert (len(hashes), policy[kind]) == (1, f"'self' 'sha256-{hashes[0]}'")
    assert frame.text.index("<textarea") < frame.text.index("<script>") < frame.text.index("/widget-frame.css")
    assert policy["connect-src"].endswith("/widget/")
    assert not re.search(r"token|handle|gpt", frame.text)
    assert "Help &lt;b&gt;" in frame.text


async def test_a_page_needs_its_switch_and_a_draft_has_no_document(shared: World) -> None:
    website = await _website(shared, domains=["https://shop.example"])
    pages = [await shared.http.get(f"{website.path}/{kind}") for kind in ("page", "frame")]
    assert [(each.status_code) for each in pages] == [404, 200]

    shared.database.rows(
        "update oneai.chatbot_versions set configuration = jsonb_set(configuration, '{widget,public_page}', 'true') "
        "where chatbot_id = %s",
        website.chatbot,
    )
    page = await shared.http.get(f"{website.path}/page")
    assert (page.status_code, page.headers["x-robots-tag"]) == (200, "noindex")
    assert _policy(page.headers["content-security-policy"])["frame-ancestors"] == "'none'"

    shared.database.rows("update oneai.chatbots set deletes_at = oneai.now() where id = %s", website.chatbot)
    gone = [
        await shared.http.get(f"{path}/{kind}") for path in (website.path, "/widget/x") for kind in ("page", "frame")
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in gone] == [(404, "chatbot_not_found")] * 4


async def test_who_is_responsible_is_the_owner_and_never_the_chatbots_name(shared: World) -> None:
    team = insert_team(shared.database, shared.people[shared.newcomer()])
    shared.database.rows("update oneai.workspaces set name = 'Nilgiri Tea' where id = %s", team)
    who = shared.newcomer()
    website = Website.of(shared, who)
    shown = [(await shared.get(Website.of_workspace(shared, team).path, None)).json()["workspace"]]
    for name in (None, " ", "Asha Rao"):
        shared.database.rows("update oneai.users set name = %s where id = %s", name, shared.people[who])
        shown.append((await shared.get(website.path, None)).json()["workspace"])

    assert shown == ["Nilgiri Tea", None, None, "Asha Rao"]

    # A plan that costs something takes our name out.
    branded = []
    for tier in ("free", "pro"):
        shared.database.rows(
            "update oneai.workspaces set subscription_tier = %s where id = %s", tier, shared.people[who]
        )
        branded.append((await shared.get(website.path, None)).json()["branded"])
    assert branded == [True, False]


async def _website(world: World, domains: list[str]) -> Website:
    website = Website.of(world, world.newcomer())
    world.database.rows(
        "update oneai.chatbots set domains = %s, name = 'Help <b>' where id = %s", domains, website.chatbot
    )
    return website


def _policy(header: str) -> dict[str, str]:
    directives = (each.partition(" ") for each in header.split("; "))
    return {name: value for name, _, value in directives}
