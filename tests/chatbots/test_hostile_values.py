"""What members and visitors type is kept as text: signs of HTML stay signs, and marks that turn a line are gone."""

from typing import Any

from tests.chatbots.visitors import Website
from tests.workspaces.teams import in_workspace, insert_team
from tests.world import World

HTML = "\"'><img src=x onerror=alert(1)></script>&lt;"
# An override and an isolate show what follows from right to left, and so another text than was stored.
TURNED = f"\u202e{HTML}\u2066"
NEW: dict[str, Any] = {"name": TURNED, "model": "openai/gpt-4.1-mini", "knowledge": {"mode": "general"}}
SHOWN = ("title", "placeholder", "greeting", "away_message")


async def test_hostile_words_are_text_in_configurations_documents_answers_and_leads(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team", seats=2)
    headers = shared.headers(owner)
    named = await shared.http.patch(f"/workspaces/{team}", json={"name": TURNED}, headers=headers)
    assert named.is_success, named.text
    widget: dict[str, Any] = dict.fromkeys(SHOWN, TURNED) | {"public_page": True, "form": {"consent": TURNED}}
    made = await in_workspace(shared, team, "POST", "/chatbots", NEW | {"widget": widget}, who=owner)
    assert made.status_code == 201, made.text
    website = Website(shared, made.json()["id"], made.json()["public_id"])
    path = f"/chatbots/{website.chatbot}"
    assert (await shared.post(f"{path}/publish", None, owner)).is_success
    question = f"Is it {TURNED}"
    curated = {"question": question, "answer": TURNED, "alternatives": [f"Or {TURNED}"]}
    assert (await shared.post(f"{path}/answers", curated, owner)).json()["answer"] == HTML

    configuration = await shared.http.get(website.path)
    assert configuration.headers["content-type"] == "application/json"
    assert configuration.headers["x-content-type-options"] == "nosniff"
    shown = configuration.json()
    assert {field: shown[field] for field in SHOWN} == dict.fromkeys(SHOWN, HTML)
    assert (shown["workspace"], shown["form"]["consent"]) == (HTML, HTML)
    for kind in ("frame", "page"):
        document = (await shared.http.get(f"{website.path}/{kind}")).text
        assert document.count("<script") == document.count("</script>") == 1
        assert "<title>&quot;&#x27;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;/script&gt;&amp;lt;</title>" in document
        assert "<img" not in document
    code = (await shared.get(f"{path}/embed-code", owner)).json()
    assert not [name for name, text in code.items() if "<img" in text]

    visitor = await website.visitor()
    answered = await website.ask(visitor, question)
    assert answered.text == HTML
    lead = {"email": "meera@example.com", "name": TURNED, "message": TURNED}
    assert (await website.post(visitor, "leads", lead)).status_code == 201
    assert (await shared.post(f"{path}/toggle", None, owner)).json() == {"status": "paused"}
    away = (await website.post(visitor, "chat", {"message": question})).json()
    assert (away["message"], [each["answer"] for each in away["answers"]]) == (HTML, [HTML])
    (kept,) = (await shared.get(f"{path}/leads", owner)).json()["items"]
    assert (kept["name"], kept["message"]) == (HTML, HTML)


async def test_ten_thousand_letters_are_refused_by_the_field_that_cannot_hold_them(shared: World) -> None:
    owner = shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team", seats=2)
    made = await in_workspace(shared, team, "POST", "/chatbots", NEW, who=owner)
    website = Website(shared, made.json()["id"], made.json()["public_id"])
    path, long = f"/chatbots/{website.chatbot}", "a" * 10_000
    assert (await shared.post(f"{path}/publish", None, owner)).is_success
    visitor, lead = await website.visitor(), {"email": "meera@example.com"}
    members = shared.headers(owner)
    requests: list[tuple[str, str, dict[str, str], Any, str]] = [
        *(("PATCH", path, members, {"widget": {field: long}}, f"widget.{field}") for field in SHOWN),
        ("PATCH", path, members, {"widget": {"form": {"consent": long}}}, "widget.form.consent"),
        ("PATCH", path, members, {"name": long}, "name"),
        ("PATCH", f"/workspaces/{team}", members, {"name": long}, "name"),
        ("POST", f"{path}/answers", members, {"question": "Open?", "answer": long}, "answer"),
        ("POST", f"{path}/answers", members, {"question": long, "answer": "Yes."}, "question"),
        *(("POST", f"{website.path}/leads", visitor, lead | {field: long}, field) for field in ("name", "message")),
    ]
    for method, to, headers, body, field in requests:
        refused = await shared.http.request(method, to, json=body, headers=headers)
        assert refused.status_code == 422, (field, refused.text)
        details = refused.json()["error"]["details"]
        assert [(each["field"], each["code"]) for each in details] == [(field, "too_long")]
