"""The texts that users read have one word for each thing, in English and in Hindi: `tests/retired_names.txt`."""

import ast
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from tests.test_retired_names import retired

MESSAGES = REPOSITORY / "web" / "src" / "lib" / "i18n"
GUIDE = REPOSITORY / "docs" / "guide"
MAILS = REPOSITORY / "layers" / "common" / "oneai" / "notifications" / "locales"
# Names for assistive technology that remain for a release, and texts in which a conversation is no chat.
UNCHANGED = {"Conversation", "Conversations"}
PROSE_IN_HINDI = ("landing.ts", "posts.ts")
# The dot below a letter in `ख़` or `फ़`, which Hindi often leaves out.
NUKTA = "\N{DEVANAGARI SIGN NUKTA}"


def texts_of(file: Path) -> Iterator[str]:
    """The texts of a file of messages, of the guide or of emails: without names, expressions, code and docstrings."""
    source = file.read_text()
    if file.suffix == ".md":
        yield re.sub(r"^```.*?^```$|`[^`]*`|\]\([^)]*\)", "", source, flags=re.M | re.S)
    elif file.suffix == ".ts":
        code = re.sub(r"^import [^\n]*|^ *//[^\n]*|/\*.*?\*/|\bimport\([^)]*\)", "", source, flags=re.M | re.S)
        for key, quoted, template in re.findall(r'("[^"\n]*":)|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`', code):
            if not key:
                yield re.sub(r"\$\{[^}]*\}", "…", quoted or template)
    else:
        tree = ast.parse(source)
        shown = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        docstrings = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
        }
        yield from (str(node.value) for node in shown if id(node) not in docstrings and " " in str(node.value))


def english() -> Iterator[tuple[Path, str]]:
    """Every English text that users read, with its file."""
    messages = (file for file in MESSAGES.glob("*.ts") if not file.name.endswith(".test.ts"))
    for file in (*messages, *GUIDE.glob("*.md"), *MAILS.glob("en*.py")):
        yield from ((file, text) for text in texts_of(file) if text not in UNCHANGED)


def hindi() -> Iterator[tuple[Path, str]]:
    """Every Hindi text that users read, with its file."""
    for file in (*(MESSAGES / "hi").glob("*.ts"), *(GUIDE / "hi").glob("*.md"), *MAILS.glob("hi*.py")):
        yield from ((file, text) for text in texts_of(file))


def phrases(kind: str) -> re.Pattern[str]:
    """Finds the retired phrases of this kind. A Hindi word is found within others too, which inflect it."""
    found = "|".join(re.escape(name).replace("_", r"\s+") for name in retired(kind))
    return re.compile(found if kind == "hindi" else rf"(?<![\w-])(?:{found})(?![\w-])", re.IGNORECASE)


@pytest.mark.parametrize("kind", ["phrase", "word"])
def test_no_english_text_has_a_retired_phrase(kind: str) -> None:
    pattern = phrases(kind)

    assert [f"{file.name}: {found[0]}" for file, text in english() if (found := pattern.search(text))] == []


def test_no_hindi_text_has_a_retired_word() -> None:
    pattern = phrases("hindi")

    texts = ((file, text) for file, text in hindi() if file.name not in PROSE_IN_HINDI)
    assert [f"{file.name}: {found[0]}" for file, text in texts if (found := pattern.search(text))] == []


def test_a_hindi_word_has_one_spelling_with_or_without_dots() -> None:
    spellings: dict[str, set[str]] = defaultdict(set)
    for _, text in hindi():
        for word in re.findall(r"[\u0900-\u0963]+", unicodedata.normalize("NFD", text)):
            spellings[word.replace(NUKTA, "")].add(word)

    assert [sorted(each) for each in spellings.values() if len(each) > 1] == []


def test_a_percent_sign_follows_its_number_immediately() -> None:
    assert [f"{file.name}: {text[:80]}" for file, text in (*english(), *hindi()) if re.search(r"[\d…] %", text)] == []


def test_apostrophes_of_messages_are_typographic() -> None:
    found = [text for file, text in english() if file.suffix == ".ts" and re.search(r"\w'\w", text)]

    assert found == []


def test_texts_are_found_without_names_and_code(tmp_path: Path) -> None:
    files = {
        "a.ts": 'import a from "./x y.ts";\n/** "b c" */\nexport default { "k l": "One", two: (n) => `${n} two` };\n',
        "b.md": "# Two\n\nSee [three](four.md) `five`.\n\n```sh\nsix\n```\n",
        "c.py": '"""Seven."""\ndef f(n: str) -> str:\n    """Eight."""\n    return f"Nine {n} ten"\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert list(texts_of(tmp_path / "a.ts")) == ["One", "… two"]
    assert "".join(texts_of(tmp_path / "b.md")).split() == ["#", "Two", "See", "[three", "."]
    assert sorted(texts_of(tmp_path / "c.py")) == [" ten", "Nine "]
