"""The guide says what is so: its numbers are those of the plans, and its README names every page once."""

import re
from pathlib import Path

import pytest

from local import docs_index
from local.docs_index import GUIDE
from oneai.plans.limits_and_prices import Plan, ladder
from oneai.plans.model_quota import SMALL_COMPLETION, SMALL_PROMPT


def table(page: str, first: str) -> dict[str, list[str]]:
    """The rows of a page's table whose head begins with this cell, by their first cell."""
    rows: dict[str, list[str]] = {}
    for line in (GUIDE / f"{page}.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if rows and not cells:
            break
        if cells and (rows or cells[0] == first):
            rows[cells[0]] = cells[1:]
    assert rows
    return rows


def size(plan: Plan) -> str:
    """A plan's storage in words."""
    megabytes = plan.storage_bytes // 1_000_000
    return f"{megabytes // 1000} GB" if megabytes >= 1000 else f"{megabytes} MB"


def outline(text: str) -> dict[str, list[str]]:
    """What a page and its translation have in common: levels of headings, rows of tables, code, and links in order."""
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        "headings": re.findall(r"^(#+) ", prose, re.MULTILINE),
        "rows": ["|" * line.count("|") for line in prose.splitlines() if line.startswith("|")],
        "items": re.findall(r"^(-|\d+\.) ", prose, re.MULTILINE),
        "code": re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL),
        # A translation is one folder further below what is not of the guide.
        "links": sorted(link.replace("../../", "../") for link in re.findall(r"\]\(([^)]+)\)", prose)),
    }


def test_the_readme_names_every_page_once() -> None:
    pages = sorted(file.stem for file in GUIDE.glob("*.md") if file.name != "README.md")

    assert sorted(docs_index.slugs()) == pages


def test_the_guide_in_hindi_has_the_same_pages_and_parts() -> None:
    pages = sorted(file.name for file in GUIDE.glob("*.md"))

    assert sorted(file.name for file in (GUIDE / "hi").glob("*.md")) == pages
    assert docs_index.slugs("hi") == docs_index.slugs()
    for page in pages:
        assert outline((GUIDE / "hi" / page).read_text()) == outline((GUIDE / page).read_text()), page


@pytest.mark.parametrize("page", ["plans", "quotas", "billing", "privacy", "web-search", "files", "models", "support"])
def test_the_guide_in_hindi_has_the_numbers_of_the_original(page: str) -> None:
    original, hindi = (
        {number.replace(",", "") for number in re.findall(r"\d[\d,.]*\d|\d", (folder / f"{page}.md").read_text())}
        for folder in (GUIDE, GUIDE / "hi")
    )

    assert original <= hindi


@pytest.mark.parametrize("folder", [GUIDE, GUIDE / "hi"], ids=["en", "hi"])
def test_a_page_has_one_title_which_the_readme_names(folder: Path) -> None:
    titles = dict(re.findall(r"\[(.+)\]\(([a-z-]+)\.md\):", (folder / "README.md").read_text()))
    for title, slug in titles.items():
        text = re.sub(r"^```.*?^```$", "", (folder / f"{slug}.md").read_text(), flags=re.MULTILINE | re.DOTALL)
        assert re.findall(r"^# (.+)$", text, re.MULTILINE) == [title]


def test_the_quotas_in_the_guide_are_those_of_the_catalogue() -> None:
    plans = ladder("personal")
    rows = table("plans", "")

    assert rows[""] == [plan.name for plan in plans]
    for words, key in (
        ("answers from small models a month", "small_messages"),
        ("answers from large models a month", "large_messages"),
        ("images in three hours", "image_generation"),
        ("web searches a month", "web_searches"),
    ):
        frequency = {"month": "monthly", "three hours": "3hour"}[re.split(" (?:a|in) ", words)[1]]
        assert rows[words] == [f"{plan.quotas[key].limit:,}" for plan in plans]  # type: ignore[index]
        assert {plan.quotas[key].frequency for plan in plans} == {frequency}  # type: ignore[index]
    assert rows["answers at once"] == [str(plan.answers_at_once) for plan in plans]
    assert rows["storage for chats, prompts, files and documents"] == [size(plan) for plan in plans]


def test_the_limits_of_documents_and_storage_are_those_of_the_catalogue() -> None:
    reads, stores = table("models", "plan"), table("files", "plan")
    for plan in ladder("personal"):
        assert stores[plan.name] == [size(plan)]
        limits = [plan.input_tokens, plan.answer_tokens]
        assert reads[plan.name] == [f"{each:,} tokens" if each else "as much as the model" for each in limits]


def test_the_small_models_in_the_guide_are_those_of_the_catalogue() -> None:
    (small, _) = table("models", "kind")["small"]

    assert f"${SMALL_PROMPT}" in small
    assert f"${SMALL_COMPLETION}" in small
