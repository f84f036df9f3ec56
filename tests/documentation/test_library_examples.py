"""Each example of the guide in Python and JavaScript runs as it is printed, with the address and the key filled in."""

import re
from pathlib import Path

import pytest

from local.docs_index import GUIDE
from tests.api_keys.keys import create
from tests.documentation.code_examples import run_example
from tests.world import World

EXAMPLES = [
    (file.stem, language, code)
    for file in sorted(GUIDE.glob("*.md"))
    for language, code in re.findall(r"^```(python|js)\n(.*?)^```", file.read_text(), re.MULTILINE | re.DOTALL)
]


def test_the_guide_has_examples_in_python_and_javascript() -> None:
    assert {language for _, language, _ in EXAMPLES} == {"python", "js"}


@pytest.mark.parametrize(("page", "language", "code"), EXAMPLES, ids=lambda value: str(value)[:10])
async def test_an_example_of_the_guide_runs_as_printed(
    shared: World, tmp_path: Path, page: str, language: str, code: str
) -> None:
    key = (await create(shared, shared.newcomer()))["secret"]
    filled = code.replace("$API", f"{shared.address}/api").replace("$KEY", key)

    ended = await run_example(language, filled, tmp_path)

    assert (ended.code, ended.err) == (0, ""), page
    assert "What is a monsoon?" in ended.out  # the stand-in repeats the question
