"""The widget's own origin: what CloudFront answers there, and what cannot be reached there."""

import json
import subprocess

from local import node
from local.conditions import Conditions
from local.web import widget_origin
from tests.deploy.transformed import source

ID = "abcdefghijkmnpqrstuv"


def test_cloudfront_answers_the_widgets_files_and_documents_alone() -> None:
    asked = {
        "/widget.js": "/widget.js",
        "/widget-frame.js": "/widget-frame.js",
        "/widget-test.html": "/widget-test.html",
        f"/widget/{ID}": f"/widget/{ID}/frame",
        f"/chat/{ID}": f"/widget/{ID}/page",
        **dict.fromkeys(("/", "/index.html", "/c", "/config.json", "/_app/immutable/one.js", "/api/user"), 404),
        **dict.fromkeys((f"/widget/{ID}/sessions", f"/widget/{ID}/chat", "/widget/../me", f"/chat/{ID}/"), 404),
    }
    code = source()["Resources"]["WidgetAddresses"]["Properties"]["FunctionCode"]
    events = json.dumps([{"request": {"uri": path}} for path in asked])
    script = f"{code}\nconsole.log(JSON.stringify({events}.map(handler)))"
    done = subprocess.run([node.binary(), "-e", script], capture_output=True, text=True, check=True)

    assert [each.get("uri") or each["statusCode"] for each in json.loads(done.stdout)] == list(asked.values())
    headers = [(b"host", b"localhost:8000")]
    assert [
        widget_origin.api_path({"path": path, "method": "GET", "headers": headers}, "http://localhost:8000")
        for path in asked
        if path.count("/") == 2 and path.endswith(ID)
    ] == [f"/api/widget/{ID}/frame", f"/api/widget/{ID}/page"]


def test_the_widgets_origin_exists_only_with_the_web_app_and_chatbots() -> None:
    document = source()
    made = [
        Conditions(document, {"WebApp": web, "Chatbots": chatbots}).exists(document["Resources"]["WidgetDistribution"])
        for web, chatbots in (("true", "true"), ("true", "false"), ("false", "true"))
    ]
    assert made == [True, False, False]
