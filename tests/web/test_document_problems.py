"""Why a document cannot be read is said in the page's languages."""

import json
import runpy

from local.data_folder import REPOSITORY
from oneai.documents import document, page_steps, steps, summary
from oneai.errors import QUOTA_NAMES, QuotaExceeded
from tests.web.test_plan_names import evaluate

_FILE = REPOSITORY / "functions" / "ingest_document" / "extraction" / "problems.py"


def test_every_problem_of_a_document_has_its_hindi() -> None:
    of_files: dict[str, str] = runpy.run_path(str(_FILE))["MESSAGES"]
    of_the_job = (steps.EMPTY, steps.NO_TEXT, steps.INTERRUPTED, steps.GONE, steps.INFECTED, steps.OVER_PAGES)
    of_storage_and_text = (
        *(steps.OVER_STORAGE, steps.OVER_MEMBER_STORAGE, steps.OVER_MEMBER_PAGES),
        *(steps.OVER_CREDITS, steps.OVER_SPENDING_LIMIT),
        document.TEXT_INCOMPLETE.format(percent=87),
        document.PICTURE_PAGE,
        document.PICTURE_PAGES.format(pages=1_200),
    )
    of_summaries = (summary.IN_VAIN, summary.NO_MODEL)
    raised_by = (None, "admin", "owner")
    by_quota = (QuotaExceeded(quota_key=key, raised_by=role).message for key in QUOTA_NAMES for role in raised_by)
    refusals = (QuotaExceeded().message, *by_quota)
    reasons = (page_steps.NO_MODEL, page_steps.FAILED, page_steps.NO_IMAGE, *refusals)
    of_pages = (page_steps.NO_TEXT, *reasons, page_steps.STOPPED.format(page=3, reason=page_steps.NO_MODEL))
    too_many = steps.TOO_MANY_PAGES.format(pages=6_000, most=5_000)
    sentences = {*of_files.values(), *of_the_job, *of_storage_and_text, *of_summaries, *of_pages, too_many}

    left = evaluate(
        "import hi from './src/lib/i18n/hi/documents.ts';"
        "const english = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(english.filter((each) => hi.problem(each) === each)))",
        json.dumps(sorted(sentences)),
    )

    assert left == []
