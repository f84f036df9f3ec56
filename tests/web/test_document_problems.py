"""Why a document cannot be read is said in the page's languages."""

import json
import runpy

from local.data_folder import REPOSITORY
from oneai.documents import steps
from tests.web.test_plan_names import evaluate

_FILE = REPOSITORY / "functions" / "ingest_document" / "extraction" / "problems.py"


def test_every_problem_of_a_document_has_its_hindi() -> None:
    of_files: dict[str, str] = runpy.run_path(str(_FILE))["MESSAGES"]
    of_the_job = (steps.EMPTY, steps.NO_TEXT, steps.INTERRUPTED, steps.GONE, steps.INFECTED, steps.OVER_PAGES)
    sentences = {*of_files.values(), *of_the_job, steps.TOO_MANY_PAGES.format(pages=6_000, most=5_000)}

    left = evaluate(
        "import hi from './src/lib/i18n/documents.hi.ts';"
        "const english = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(english.filter((each) => hi.problem(each) === each)))",
        json.dumps(sorted(sentences)),
    )

    assert left == []
