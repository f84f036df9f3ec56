"""Searching the documentation: what people type finds the section they mean, and nothing they type does harm."""

from typing import Any

import psycopg
import pytest

from local import docs_index
from oneai.documentation import DocsSearch, Index, search
from oneai.postgres import pool
from tests.world import World


@pytest.fixture(scope="module")
def index() -> Index:
    return docs_index.build()


@pytest.fixture(scope="module")
def hindi_index() -> Index:
    return docs_index.build("hi")


def found(index: Index, q: str, limit: int = 5) -> list[str]:
    """The addresses of what is found."""
    items = search(index, DocsSearch(q=q, limit=limit)).items
    return [f"{item.slug}#{item.anchor}" for item in items]


@pytest.mark.parametrize(
    ("typed", "section"),
    [
        ("refund", "billing#refunds"),
        ("refunds", "billing#refunds"),
        ("REFUND?", "billing#refunds"),
        ("how do I cancel my plan", "plans#cancel"),
        ("cancelling", "plans#cancel"),
        ("delete my account", "privacy#delete-your-account"),
        ("temporary chat", "first-steps#temporary-chats"),
        ("daily ceiling", "quotas#the-daily-ceiling"),
        ("gstin", "billing#billing-details"),
        ("go back to a version", "edits-and-versions#go-back-to-a-version"),
        ("revoke link", "sharing#close-a-link"),
        ("create a key", "programs#create-a-key"),
        ("import chatgpt", "privacy#take-your-data-with-you"),
        ("fork_shared", "api/sharing#fork-shared"),
    ],
)
def test_words_lead_to_the_section_about_them(index: Index, typed: str, section: str) -> None:
    assert section in found(index, typed, 3)


@pytest.mark.parametrize(
    ("typed", "section"),
    [
        ("पैसे वापस", "billing#refunds"),
        ("प्लान कैसे रद्द करूँ", "plans#cancel"),
        ("खाता हटाएँ", "privacy#delete-your-account"),
        ("अस्थायी चैट", "first-steps#temporary-chats"),
        ("लिंक बंद", "sharing#close-a-link"),
        ("कुंजी बना", "programs#create-a-key"),
        ("GSTIN", "billing#billing-details"),
        ("संस्करन", "edits-and-versions#"),
        ("fork_shared", "api/sharing#fork-shared"),
    ],
)
def test_hindi_words_lead_to_the_section_about_them(hindi_index: Index, typed: str, section: str) -> None:
    assert section in found(hindi_index, typed, 3)


@pytest.mark.parametrize("typed", ["shar", "quot", "refun", "troublesh", "delete acc"])
def test_an_unfinished_word_finds_its_completions(index: Index, typed: str) -> None:
    results = search(index, DocsSearch(q=typed))

    assert results.items
    assert results.suggestions
    assert all(suggestion.startswith(typed) for suggestion in results.suggestions)


def test_a_space_ends_a_word(index: Index) -> None:
    assert search(index, DocsSearch(q="quot ")).suggestions != search(index, DocsSearch(q="quot")).suggestions


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("qoutas", "quotas"), ("refnud", "refund"), ("subscripton", "subscription"), ("invioce pdf", "invoice pdf")],
)
def test_a_typo_finds_the_intended_word_and_reports_it(index: Index, typed: str, meant: str) -> None:
    results = search(index, DocsSearch(q=typed))

    assert [item.anchor for item in results.items[:3]] != []
    assert meant.rstrip("s") in results.suggestions[0]
    right = search(index, DocsSearch(q=meant, limit=20)).items
    assert results.items[0].slug in {item.slug for item in right}


def test_a_section_with_all_words_ranks_before_one_with_one_of_them_often(index: Index) -> None:
    assert found(index, "payment fails", 1) == ["billing#when-a-payment-fails"]


def test_the_guide_ranks_before_the_api_reference(index: Index) -> None:
    places = [section.split("#")[0].startswith("api/") for section in found(index, "share", 50)]

    assert True in places
    assert not places[0]


def test_what_only_operators_call_is_not_found(index: Index) -> None:
    places = [section for typed in ("refund a payment", "suspend a user") for section in found(index, typed, 50)]

    assert places
    assert [place for place in places if place.startswith("api/admin")] == []


@pytest.mark.parametrize("typed", ["kubernetes", "xyzzyx qwertz", "हिन्दी", "🙂", "...", " ", "0x5f3759df"])
def test_an_unknown_word_finds_nothing(index: Index, typed: str) -> None:
    assert search(index, DocsSearch(q=typed)).items == []


@pytest.mark.parametrize("typed", ["refund'; drop--", "refund & | ! ( ) * : <->", '"refund', "refund\0", "-refund"])
def test_punctuation_is_not_an_operator(index: Index, typed: str) -> None:
    assert found(index, typed) != []


def test_matches_are_marked_in_the_snippet(index: Index) -> None:
    (item, *_) = search(index, DocsSearch(q="canceling refunds")).items

    marked = {item.snippet[start:end].lower() for start, end in item.highlights}
    assert marked & {"refund", "refunds", "cancel", "cancelling"}
    assert len(item.snippet) <= 240


def test_an_index_is_read_as_written(index: Index, hindi_index: Index, tmp_path: Any) -> None:
    files = docs_index.write(tmp_path)

    assert Index.read(files["en"]) == index
    assert Index.read(files["hi"]) == hindi_index


async def test_a_search_opens_no_connection_to_the_database(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", refuse)
    monkeypatch.setattr(pool, "borrow", refuse)

    answer = await shared.get("/docs/search", None, q="refund", limit=2)

    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 2
    assert answer.headers["cache-control"] == "public, max-age=300"


async def test_a_search_in_hindi_finds_the_hindi_guide(shared: World) -> None:
    answer = await shared.get("/docs/search", None, q="वापसी", language="hi", limit=1)

    (item,) = answer.json()["items"]
    assert (item["slug"], item["anchor"], item["heading"]) == ("billing", "refunds", "पैसे की वापसी")
    assert (await shared.get("/docs/search", None, q="वापसी")).json()["items"] == []


@pytest.mark.parametrize(
    ("params", "field", "code"),
    [
        ({}, "q", "required"),
        ({"q": ""}, "q", "empty"),
        ({"q": "a" * 10_000}, "q", "too_long"),
        ({"q": "refund", "limit": 0}, "limit", "too_small"),
        ({"q": "refund", "language": "fr"}, "language", "not_a_choice"),
        ({"q": "refund", "limit": 51}, "limit", "too_large"),
        ({"q": "refund", "limit": "many"}, "limit", "wrong_type"),
    ],
)
async def test_an_invalid_search_is_refused_by_its_field(
    shared: World, params: dict[str, Any], field: str, code: str
) -> None:
    answer = await shared.get("/docs/search", None, **params)

    assert answer.status_code == 422
    assert [(each["field"], each["code"]) for each in answer.json()["error"]["details"]] == [(field, code)]


async def test_nul_and_lone_surrogates_are_searched_as_text(shared: World) -> None:
    assert (await shared.http.get("/docs/search?q=refund%00")).json()["items"]
    assert (await shared.http.get("/docs/search?q=%ED%A0%80")).status_code in (200, 422)
