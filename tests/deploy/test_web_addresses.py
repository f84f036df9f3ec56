"""What CloudFront's function makes of addresses: files, other names of pages, and addresses of the first plans."""

import json
import subprocess
from typing import Any

from local import node
from local.web import routes, web_addresses
from local.web.app import WebApp
from local.web.build import build
from tests.deploy.transformed import source

# Of a function, with its comments.
MAX_BYTES = 10_000


def answered(addresses: list[str]) -> list[dict[str, Any]]:
    """What CloudFront's function makes of viewers' requests, run by Node: a request, or an answer."""
    code = source()["Resources"]["WebAddresses"]["Properties"]["FunctionCode"]
    events = [
        {"request": {"uri": path, "querystring": {part: {"value": "1"} for part in query.split("&") if part}}}
        for path, _, query in (address.partition("?") for address in addresses)
    ]
    script = f"{code}\nconsole.log(JSON.stringify({json.dumps(events)}.map(handler)))"
    done = subprocess.run([node.binary(), "-e", script], capture_output=True, text=True, check=True)
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def rewritten(addresses: list[str]) -> list[Any]:
    """The file of each address, or status and location."""
    answers = answered(addresses)
    return [each.get("uri") or (each["statusCode"], each["headers"]["location"]["value"]) for each in answers]


def test_cloudfronts_functions_are_smaller_than_it_takes() -> None:
    resources = source()["Resources"]
    sizes = {
        name: len(str(each["Properties"]["FunctionCode"]).encode())
        for name, each in resources.items()
        if each["Type"] == "AWS::CloudFront::Function"
    }

    assert {"WebAddresses", "WidgetAddresses"} <= set(sizes)
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions
    assert {name: size for name, size in sizes.items() if size > MAX_BYTES} == {}


def test_cloudfronts_function_finds_files_and_leads_to_addresses_without_a_slash() -> None:
    asked = {
        "/": "/index.html",
        "/pricing": "/pricing.html",
        "/blog/one": "/blog/one.html",
        "/icon.svg": "/icon.svg",
        "/_app/immutable/one.js": "/_app/immutable/one.js",
        "/config.json": "/config.json",
        "/c": "/c.html",
        "/c/5e1f": "/c.html",
        "/knowledge/5e1f": "/knowledge.html",
        "/inbox/5e1f": "/inbox.html",
        "/usage": "/usage.html",
        "/shared/a.b": "/200.html",
        "/cat": "/cat.html",
        "/pricing/?plan": [301, "/pricing?plan=1"],
        "//evil.example/": [301, "/evil.example"],
    }

    assert rewritten(list(asked)) == [tuple(each) if isinstance(each, list) else each for each in asked.values()]


MOVED = {
    "/callback?code": "/auth/callback?code=1",
    "/settings/usage": "/usage",
    "/settings/account": "/settings/profile",
    "/register": "/signup",
    "/reset": "/reset-password",
    "/settings/billing/": "/billing",
    "/chat/5e1f?message": "/c/5e1f?message=1",
    "/chat//evil.example/": "/c/evil.example",
    "/forgot": "/forgot-password",
    "/constructor/": "/constructor",
}
PLANNED = {
    "/dashboard": "/c",
    "/dashboard/settings/api-keys": "/settings/keys",
    "/dashboard/settings/provider-keys": "/settings/provider-keys",
    "/dashboard/settings/notifications": "/settings/notifications",
    "/dashboard/settings/workspace": "/settings/workspace",
    "/dashboard/settings/billing": "/billing",
    "/dashboard/settings/": "/settings",
    "/dashboard/team?tab": "/settings/team?tab=1",
    "/dashboard/credits": "/credits",
    "/dashboard/analytics": "/analytics",
    "/dashboard/conversations": "/search",
    "/dashboard/conversations/5e1f": "/c",
    "/dashboard/knowledge": "/knowledge",
    "/dashboard/knowledge/5e1f": "/knowledge/5e1f",
    "/dashboard/chatbots": "/chatbots",
    "/dashboard/chatbots/new": "/chatbots/new",
    "/dashboard/chatbots/5e1f/widget": "/chatbots/5e1f/widget",
}


def test_other_names_of_pages_lead_to_pages_at_cloudfront_as_here() -> None:
    asked = MOVED | PLANNED

    assert rewritten(list(asked)) == [(302 if path in PLANNED else 301, asked[path]) for path in asked]
    locations = {path.partition("?")[0]: location.partition("?")[0] for path, location in asked.items()}
    here = {path: web_addresses.find(path) for path in locations}
    assert {path: found.location for path, found in here.items() if found} == locations
    assert {path for path, found in here.items() if found and found.planned} == {p.partition("?")[0] for p in PLANNED}
    assert [path for path in ("/", "/c", "/login", "/settings/keys", "/dashboards") if web_addresses.find(path)] == []
    app = WebApp(build(), {})
    targets = {location for path, location in locations.items() if "evil" not in path and "constructor" not in path}
    assert {target: app.find(target).status for target in targets} == dict.fromkeys(targets, 200)


def test_a_planned_address_names_the_nearest_page_and_is_not_cached() -> None:
    for path, answer in zip(PLANNED, answered(list(PLANNED)), strict=True):
        found = web_addresses.find(path.partition("?")[0])
        assert found is not None
        assert answer["headers"]["cache-control"]["value"] == "no-store"
        assert answer["body"] == {"encoding": "text", "data": found.text}
        assert found.text == f"The nearest page is {found.location}\n"
    assert not [each for each in answered(list(MOVED)) if "body" in each or "cache-control" in each["headers"]]


def test_no_page_of_the_app_redirects() -> None:
    assert [page for page in routes.pages() if web_addresses.find(page)] == []


def test_every_page_is_the_same_file_at_cloudfront_as_here() -> None:
    app = WebApp(build(), {})
    examples = [page for page in routes.pages() if "[" not in page]
    examples += ["/c/5e1f", "/knowledge/5e1f", "/chatbots/5e1f/edit", "/shared/token", "/invite/token"]

    files = dict(zip(examples, rewritten(examples), strict=True))

    # A page that is missing in the list would still be shown, with status 404.
    assert files == {page: f"/{app.find(page).file.relative_to(app.folder)}" for page in examples}, (
        "APP of WebAddresses in template.yaml lists the first part of addresses whose pages are not prerendered"
    )
