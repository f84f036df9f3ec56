"""Retired names and words do not come back: `tests/retired_names.txt`. Names of tests are short."""

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from tests.prose import SUFFIXES, names_of_tests, prose, tracked

LIST = Path(__file__).with_name("retired_names.txt")
NAME_LENGTH = 80
# Where docstrings, comments and documents have no retired word.
PLAIN = (
    *("tests", "bench", "ops", "local", "openapi", "stand_ins", "deploy", "events"),
    *("Makefile", "README.md", "CONTRIBUTING.md"),
    *("layers", "functions", "supabase/schemas", "docs/*.md"),
    *(":!docs/guide", ":!docs/glossary.md"),
)


@cache
def retired(kind: str) -> dict[str, str]:
    """The retired names of one kind, each with its successor."""
    lines = [line.split() for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    return {name: successor for of, name, successor in lines if of == kind}


def retired_words(text: str) -> list[str]:
    """The retired words of a text or of a test's name, in order and in lower case."""
    return [re.sub(r"[\W_]+", " ", found).lower() for found in _pattern().findall(text)]


def may_have_a_retired_word(source: str) -> bool:
    """Whether one is anywhere in a file, its code included: to find its prose takes much longer."""
    return bool(_pattern().search(source) or _pattern().search(re.sub(r"`[^`]*`", "`…`", source)))


@cache
def _pattern() -> re.Pattern[str]:
    words = "|".join(name.replace("_", r"[\s_#/*-]+") for name in retired("word"))
    return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE)


def names_in(file: Path) -> Iterator[tuple[str, int]]:
    """Every name in a Python file, with its line; strings and comments have none."""
    for token in tokenize.generate_tokens(io.StringIO(file.read_text()).readline):
        if token.type == tokenize.NAME:
            yield token.string, token.start[0]


def sql_names_in(text: str) -> set[str]:
    """The words of SQL outside of its comments, string literals and quoted names."""
    return set(re.findall(r"[a-z_][a-z0-9_]*", re.sub(r"--[^\n]*|'[^']*'|\"[^\"]*\"", "", text)))


def test_no_python_name_is_retired() -> None:
    names = retired("identifier")

    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {name} is {names[name]}"
        for file in tracked("*.py")
        if names.keys() & set(re.findall(r"\w+", file.read_text()))  # to tokenize all of them takes long
        for name, line in names_in(file)
        if name in names
    ]

    assert found == []


def test_no_file_or_folder_has_a_retired_name() -> None:
    names = retired("file")

    found = {
        f"{file.relative_to(REPOSITORY)}: {part} is {names[part]}"
        for file in tracked("*.py", "*.sql")
        for part in (*file.relative_to(REPOSITORY).parts[:-1], file.stem)
        if part in names
    }

    assert found == set()


def test_no_object_of_the_schema_has_a_retired_name() -> None:
    names = retired("sql")

    found = [
        f"{file.name}: {name} is {names[name]}"
        for file in tracked("supabase/schemas/*/*.sql")
        for name in sorted(sql_names_in(file.read_text()) & names.keys())
    ]

    assert found == []


def test_a_test_name_has_at_most_80_characters() -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {name} has {len(name)}"
        for file in tracked("*.py")
        for line, name in names_of_tests(file.read_text())
        if len(name) > NAME_LENGTH
    ]

    assert found == []


def test_no_test_name_has_a_retired_word() -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {name} has {words}"
        for file in tracked("*.py")
        for line, name in names_of_tests(file.read_text())
        if (words := retired_words(name))
    ]

    assert found == []


def test_no_docstring_comment_or_document_has_a_retired_word() -> None:
    found = [
        f"{file.relative_to(REPOSITORY)}:{line}: {words}"
        for file in tracked(*PLAIN)
        if file != LIST and file.suffix in SUFFIXES and may_have_a_retired_word(file.read_text())
        for line, text in prose(file.read_text(), file.suffix)
        if (words := retired_words(text))
    ]

    assert found == []


@pytest.mark.parametrize(
    ("suffix", "source", "lines"),
    [
        (".py", '"""Made\nanew."""\nx = "torn"  # for so\n# many\n', [1, 3]),
        (".py", "torn = 1  # is `torn`, a tornado\n", []),
        (".sql", "select 'torn';\n-- Begun\n", [2]),
        (".ts", "const torn = 1;\n/* Whoever\n asks */\n\nask('//so many'); // Torn\n", [2, 5]),
        (".svelte", "<!-- The\n house -->\n<p>torn</p>\n", [1]),
        (".toml", 'torn = "#anew"\n# anew\n', [2]),
        (".md", "Read\n\nAnew, not `torn`.\n", [3]),
        (".json", '{"torn": 1}', []),
    ],
)
def test_a_retired_word_is_found_in_prose_and_not_in_code(suffix: str, source: str, lines: list[int]) -> None:
    assert sorted(line for line, text in prose(source, suffix) if retired_words(text)) == lines


def test_a_retired_word_is_found_in_a_test_name() -> None:
    assert retired_words("test_whoever_asks_so_many_times_reads_of_the_house") == ["whoever", "so many", "the house"]
    assert retired_words("test_a_tornado_is_not_torn_apart") == ["torn"]


def test_the_list_names_each_retired_name_once() -> None:
    lines = [line.split()[:2] for line in LIST.read_text().splitlines() if line and not line.startswith("#")]

    assert [line for line in lines if lines.count(line) > 1] == []
