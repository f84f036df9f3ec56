"""TypeScript types of the OpenAPI document: a client compiles against them, and the web app's are written."""

from pathlib import Path

import pytest

from local import node
from local.web import types
from openapi import FILE

CLIENT = Path(__file__).with_name("client.ts")
_STRICT = (
    "--ignoreConfig",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noEmit",
    "--target",
    "es2022",
    "--typeRoots",
    ".",
)


@pytest.mark.exhaustive
def test_a_strict_client_compiles_against_the_types_of_the_document(tmp_path: Path) -> None:
    (tmp_path / "api.d.ts").write_text(types.typescript(FILE))
    (tmp_path / "client.ts").write_text(CLIENT.read_text())

    files = (str(tmp_path / "client.ts"), str(tmp_path / "api.d.ts"))
    completed = node.run(node.package_script("typescript/bin/tsc"), *_STRICT, *files)

    assert completed.returncode == 0, completed.stdout + completed.stderr


def test_types_are_written_into_a_folder_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "TYPES_FILE", tmp_path / "types" / "api.d.ts")

    assert types.main() == 0

    assert "export interface components" in (tmp_path / "types" / "api.d.ts").read_text()


def test_a_missing_package_is_named_and_no_types_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node, "WEB", node.WEB / "nowhere")
    monkeypatch.setattr(types, "TYPES_FILE", tmp_path / "api.d.ts")

    assert types.main() == 1

    assert not (tmp_path / "api.d.ts").exists()
    assert capsys.readouterr().err == (
        "The types of the API are not written: web/nowhere/node_modules/openapi-typescript/bin/cli.js is missing; "
        "`make setup` installs the packages of web/.\n"
    )
