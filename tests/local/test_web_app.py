"""The built web app is served at `/`, and a page explains how to build it otherwise."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from local import node
from local.data_folder import REPOSITORY
from local.gateway import Gateway
from local.template import Template
from local.web import build, routes
from local.web.app import WebApp
from local.web.build import NotBuilt
from local.web.headers import PageHeaders
from tests.patience import PATIENCE
from tests.served import served

BROWSER = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
SETTINGS = {
    "SUPABASE_URL": "https://abc.supabase.example",
    "STORAGE_BUCKET": "files",
    "AWS_REGION": "ap-south-1",
    "SITE_NAME": "Sample",
    "SIGN_IN_PROVIDERS": "google",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build of four pages and an asset."""
    (tmp_path / "_app" / "immutable").mkdir(parents=True)
    for name, text in {
        "200.html": "the app",
        "c.html": "a chat",
        "index.html": "landing",
        "pricing.html": "prices" * 400,
        "icon.svg": "<svg/>",
        "_app/immutable/start.js": "start()",
        "service-worker.js": "self",
        ".sources": "secret",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
async def browser(sample: Template, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a gateway that serves the folder."""
    gateway = Gateway(sample, web=WebApp(folder, SETTINGS))
    async with (
        served(lambda _: gateway) as address,
        httpx.AsyncClient(base_url=address, headers=BROWSER, timeout=PATIENCE) as client,
    ):
        yield client


async def test_built_pages_have_their_addresses_and_app_routes_share_one_page(browser: httpx.AsyncClient) -> None:
    answers = {path: await browser.get(path) for path in ("/", "/pricing", "/c", "/c/5e1f", "/shared/token")}

    assert {path: (each.status_code, each.text[:7]) for path, each in answers.items()} == {
        "/": (200, "landing"),
        "/pricing": (200, "pricesp"),
        "/c": (200, "a chat"),
        "/c/5e1f": (200, "a chat"),
        "/shared/token": (200, "the app"),
    }
    assert {each.headers["cache-control"] for each in answers.values()} == {"no-cache"}


async def test_an_unknown_path_is_404_for_browsers_and_programs(browser: httpx.AsyncClient) -> None:
    paths = ("/nothing", "/_app/immutable/old.js", "/.sources", "/..%2fpyproject.toml")
    seen = [await browser.get(path) for path in paths]
    program = await browser.get("/billing", headers={"accept": "application/json"})

    assert [(each.status_code, each.text) for each in seen] == [(404, "the app")] * len(paths)
    assert (program.status_code, program.json()["error"]["code"]) == (404, "not_found")


async def test_assets_are_immutable_and_everything_else_is_revalidated(browser: httpx.AsyncClient) -> None:
    script = await browser.get("/_app/immutable/start.js", headers={"accept": "*/*"})
    page = await browser.get("/pricing")
    again = await browser.get("/pricing", headers={"if-none-match": page.headers["etag"]})
    plain = await browser.get("/pricing", headers={"accept-encoding": "identity"})

    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert script.headers["content-type"].startswith("text/javascript")
    assert (page.headers["content-encoding"], again.status_code, again.content) == ("gzip", 304, b"")
    assert "content-encoding" not in plain.headers
    assert plain.text == page.text


async def test_a_trailing_slash_redirects_to_the_address_without_it(browser: httpx.AsyncClient) -> None:
    seen = [await browser.get(path) for path in ("/pricing/?plan=pro", "/%2Fevil.example/")]

    assert [(each.status_code, each.headers["location"]) for each in seen] == [
        (301, "/pricing?plan=pro"),
        (301, "/evil.example"),
    ]


async def test_a_planned_address_redirects_to_the_nearest_temporarily(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/dashboard/team?tab=a%20b")

    assert (answer.status_code, answer.headers["location"]) == (302, "/settings/team?tab=a%20b")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text == "The nearest page is /settings/team\n"


async def test_the_headers_are_the_templates_with_the_addresses_of_this_stack(browser: httpx.AsyncClient) -> None:
    page, pay = await browser.get("/"), await browser.get("/pay.html")
    policy = dict(part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";"))
    paying = pay.headers["content-security-policy"]

    assert policy["connect-src"] == "'self' https://abc.supabase.example https://files.s3.ap-south-1.amazonaws.com"
    assert policy["img-src"] == "'self' data: blob: https://files.s3.ap-south-1.amazonaws.com"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert "razorpay" not in page.headers["content-security-policy"]
    assert "https://checkout.razorpay.com" in paying
    assert "${" not in page.headers["content-security-policy"] + paying
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert "camera=()" in page.headers["permissions-policy"]


def test_the_pages_of_the_app_alone_may_use_the_microphone() -> None:
    headers = PageHeaders(SETTINGS)
    app = {headers.of(page)["permissions-policy"] for page in routes.pages("app")}
    others = [*(set(routes.pages()) - set(routes.pages("app"))), "/pay.html", "/diagram.html", "/preview.html"]

    assert len(app) == 1
    assert "microphone=(self)" in app.pop()
    assert len(others) > 15
    assert [page for page in others if "microphone=()" not in headers.of(page)["permissions-policy"]] == []


def test_the_frame_of_a_preview_has_no_origin_and_no_network() -> None:
    headers = PageHeaders(SETTINGS).of("/preview.html")
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))

    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert not [name for name, value in policy.items() if "http" in value or "*" in value]
    assert (headers["connection-allowlist"], headers["x-frame-options"]) == ("()", "SAMEORIGIN")


async def test_one_build_serves_every_stage_by_config_json(browser: httpx.AsyncClient) -> None:
    config = (await browser.get("/config.json", headers={"accept": "*/*"})).json()

    declared = re.findall(r"^  (\w+)\??:", (REPOSITORY / "web/src/lib/config.ts").read_text(), re.MULTILINE)
    assert set(config) == set(declared)
    assert config["supabase_url"] == "https://abc.supabase.example"
    assert config["files_url"] == "https://files.s3.ap-south-1.amazonaws.com"
    assert config["sign_in_providers"] == ["google"]


async def test_an_unbuilt_app_shows_how_to_build_it(sample: Template, tmp_path: Path) -> None:
    gateway = Gateway(sample, web=WebApp(tmp_path, SETTINGS))
    async with (
        served(lambda _: gateway) as address,
        httpx.AsyncClient(base_url=address, headers=BROWSER, timeout=PATIENCE) as client,
    ):
        root = await client.get("/")
        page = await client.get("/shared/TOKEN?a=1&b=%3Cscript%3E")
        evil = await client.get("/%3Cscript%3Ealert(1)%3C/script%3E")

    assert (root.status_code, root.headers["location"]) == (307, "/local/")
    assert page.status_code == 404
    assert "make setup" in page.text
    assert 'href="/api/shared/TOKEN"' in page.text
    assert "http://localhost:5173/shared/TOKEN?a=1&amp;b=" in page.text
    assert "<script>" not in page.text + evil.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_pages_are_read_from_the_routes_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("(public)", "(app)/c/[[id]]", "(app)/settings/[...rest]", "shared/[token]", "blog/[slug=name]"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "+page.svelte").touch()
    monkeypatch.setattr(routes, "ROUTES", tmp_path)

    assert routes.pages() == ["/", "/blog/[slug=name]", "/c/[[id]]", "/settings/[...rest]", "/shared/[token]"]


def test_the_app_is_built_from_the_guide_in_each_language() -> None:
    guide = REPOSITORY / "docs" / "guide"

    assert {guide / "files.md", guide / "hi" / "files.md"} <= set(build._sources())


def test_missing_node_packages_are_reported_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_hash_of_sources", lambda: "changed")
    monkeypatch.setattr(build, "_WORK", tmp_path)
    monkeypatch.setattr(node, "package_script", lambda path: tmp_path / path)

    with pytest.raises(NotBuilt, match="`make setup` installs them"):
        build.build()


def test_a_failing_build_leaves_the_served_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "vite.js"
    broken.write_text("console.error('Unexpected token'); process.exit(1)")
    monkeypatch.setattr(build, "_hash_of_sources", lambda: "changed")
    monkeypatch.setattr(build, "_WORK", REPOSITORY / "web" / ".svelte-kit")
    monkeypatch.setattr(node, "package_script", lambda _: broken)
    monkeypatch.setattr(build, "FOLDER", tmp_path / "served")
    page = tmp_path / "served" / "index.html"
    page.parent.mkdir()
    page.write_text("landing")

    with pytest.raises(NotBuilt, match="Unexpected token"):
        build.build()

    assert page.read_text() == "landing"
