"""The types of clients/ are those of the document, and what a client in TypeScript needs."""

import shutil
import sys
from pathlib import Path

import pytest

from local import node
from local.openapi import FILE, TYPES_FILE, __main__, typescript

CLIENT = Path(__file__).with_name("client.ts")


def test_the_committed_types_match_the_document_and_compile_with_a_small_client(tmp_path: Path) -> None:
    assert TYPES_FILE.read_text() == typescript(FILE), "make openapi"

    shutil.copy(TYPES_FILE, tmp_path)
    shutil.copy(CLIENT, tmp_path)
    options = (
        "--ignoreConfig",
        "--strict",
        "--exactOptionalPropertyTypes",
        "--noEmit",
        "--target",
        "es2022",
        "--typeRoots",
        ".",
    )
    files = (str(tmp_path / "client.ts"), str(tmp_path / "api.d.ts"))
    completed = node.run(node.package_script("typescript/bin/tsc"), *options, *files)
    assert completed.returncode == 0, completed.stdout + completed.stderr


def test_the_document_is_written_without_node_and_a_sentence_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["openapi"])
    monkeypatch.setattr(node, "WEB", node.WEB / "nowhere")
    monkeypatch.setattr(__main__, "REPOSITORY", tmp_path)
    monkeypatch.setattr(__main__, "FILE", tmp_path / "openapi.json")
    monkeypatch.setattr(__main__, "TYPES_FILE", tmp_path / "api.d.ts")

    assert __main__.main() == 1

    assert (tmp_path / "openapi.json").read_text() == FILE.read_text()
    assert not (tmp_path / "api.d.ts").exists()
    assert capsys.readouterr().err == (
        "openapi.json is written, api.d.ts is not: web/nowhere/node_modules/openapi-typescript/bin/cli.js is missing; "
        "`make setup` installs the packages of web/.\n"
    )
