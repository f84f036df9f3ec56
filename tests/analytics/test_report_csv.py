"""A report as CSV has its heading on every grouping, with items or without, and no cell is run as a formula."""

import csv
import io
import re
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from oneai import analytics
from oneai.analytics import CostGroup, PerformanceGroup, ReportPeriod, RevenueGroup, UsageGroup, report_csv
from oneai.csv_file import csv_lines
from tests.admin.staff import make_staff
from tests.analytics.business import INDIA, Business
from tests.analytics.conftest import add_up, period
from tests.database.billing_rows import move_to
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

ROOT = Path(__file__).parents[2]
GROUPS: dict[str, Any] = {
    "usage": UsageGroup,
    "revenue": RevenueGroup,
    "cost": CostGroup,
    "performance": PerformanceGroup,
}
# Every module that writes CSV, and every route and file that has it.
WRITERS = {"layers/common/oneai/csv_file.py"}
CSV_SOURCES = {
    *("functions/admin/analytics_routes.py", "functions/usage/main.py", "functions/workspaces/ending_routes.py"),
    *("functions/chatbots/chatbot_conversation_routes.py", "layers/common/oneai/usage/export.py"),
    *("functions/chatbots/chatbot_analytics_routes.py", "functions/chatbots/inbox_routes.py"),
    "layers/common/oneai/inbox/transcript.py",
}
CSV_FILES = {
    *("functions/chatbots/chatbot_conversation_routes.py", "functions/workspaces/ending_routes.py"),
    *("layers/common/oneai/accounts/data_export.py", "layers/common/oneai/inbox/export_files.py"),
}


@pytest.fixture
async def august(business: Business) -> Business:
    """A business with something to report of August."""
    business.sign_up(10)
    business.use(150)
    business.pay(8)
    move_to(business.database, datetime(2026, 9, 1, 10, tzinfo=INDIA))
    await add_up()
    return business


@pytest.mark.parametrize("report", GROUPS)
async def test_a_report_without_items_has_the_same_header(august: Business, report: str) -> None:
    read: Callable[[ReportPeriod, str], Awaitable[Any]] = getattr(analytics, f"{report}_analytics")
    for group in get_args(GROUPS[report].__value__):
        items = (await read(period(0, 30), group)).items
        assert items, group

        full, empty = report_csv(type(items[0]), items, group), report_csv(type(items[0]), [], group)

        assert full.splitlines()[0] == empty.splitlines()[0]
        assert set(empty.strip().split(",")) == set(items[0].model_dump(exclude_unset=True))
        assert len(full.splitlines()) == len(items) + 1


@pytest.mark.parametrize("report", GROUPS)
async def test_a_file_of_an_empty_period_has_a_header(shared: World, report: str) -> None:
    group = get_args(GROUPS[report].__value__)[-1]
    days = {"from": "2025-01-01", "to": "2025-01-01", "group_by": group, "format": "csv"}

    answer = await shared.get(f"/admin/analytics/{report}", make_staff(shared), **days)

    assert answer.status_code == 200, answer.text
    (found,) = csv.reader(io.StringIO(answer.text))
    assert found[0] in (group, "model")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\ta",
        "\ra",
        "\na",
        " =1+1",
        "＝1",
        "＠a",
        "\u200b=1",
        "\ufeff=1",
        " \u2060+1",
        '=HYPERLINK("https://x")',
    ],
)
def test_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([["a", text, -3]]), newline=""))
    assert row == ["a", f"'{text}", "-3"]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("a;=HYPERLINK(1)", "a;'=HYPERLINK(1)"),
        ("a\t=1", "a\t'=1"),
        ("a\n \u200b+1", "a\n' \u200b+1"),
        ("a\r\n@b;c", "a\r\n'@b;c"),
        (";;-1", ";;'-1"),
        ("\t=1", "'\t'=1"),
        ("a; b\tc", "a; b\tc"),
    ],
)
def test_text_divided_by_other_separators_is_guarded_in_each_part(text: str, guarded: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([["a", text]]), newline=""))
    assert row == ["a", guarded]


@pytest.mark.parametrize("text", ["maker/model", "2026-11-01", "a=b", "'quoted'", "", "कीमत"])
def test_other_text_is_unchanged(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_lines([["a", text]]), newline=""))
    assert row == ["a", text]


def test_every_csv_file_and_route_uses_the_one_writer() -> None:
    sources = {
        str(path.relative_to(ROOT)): path.read_text()
        for folder in ("functions", "layers/common/oneai", "ops")
        for path in (ROOT / folder).rglob("*.py")
        # Documents that people upload are read, not written.
        if "ingest_document" not in path.parts
    }
    assert {path for path, text in sources.items() if re.search(r"csv\.(writer|DictWriter)", text)} == WRITERS
    declared = {path for path, text in sources.items() if "text/csv" in text}
    assert declared - {"layers/common/oneai/documents/uploads.py"} == CSV_SOURCES
    assert {path for path, text in sources.items() if re.search(r"\w+\.csv\"", text)} == CSV_FILES
    writers = ("usage/export.py", "analytics/report_csv.py", "chatbots/leads.py")
    assert all("csv_lines(" in sources[f"layers/common/oneai/{each}"] for each in writers)
