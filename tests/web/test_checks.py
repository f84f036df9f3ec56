"""The checks of `make lint-web` see what they are there for: a tool that looks at nothing passes, too."""

import shutil
import subprocess
from pathlib import Path

import pytest

from local import node
from local.node import WEB

_CANARY = """<script lang="ts">
  const size: number = "not a number";
</script>

<p>{size}</p>
<img src="/icon.svg" />
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of web/, with the same packages."""
    copied = tmp_path / "web"
    shutil.copytree(WEB, copied, ignore=shutil.ignore_patterns("node_modules", "build*"))
    (copied / "node_modules").symlink_to(WEB / "node_modules")
    return copied


def _node(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(node.binary()), str(node.package_script(script)), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.exhaustive
def test_svelte_check_fails_on_a_wrong_type_and_on_a_picture_without_alt_text(copy: Path) -> None:
    for folder in ("lib", "routes"):  # the settings are what is tested; all of the app takes a minute
        shutil.rmtree(copy / "src" / folder)
    (copy / "src" / "routes").mkdir()
    (copy / "src" / "routes" / "+page.svelte").write_text("<p>The only page</p>\n")
    (copy / "src" / "Canary.svelte").write_text(_CANARY)

    assert _node(copy, "@sveltejs/kit/svelte-kit.js", "sync").returncode == 0
    checked = _node(copy, "svelte-check/bin/svelte-check", "--fail-on-warnings", "--output", "machine")

    assert checked.returncode == 1, checked.stdout
    lines = [line for line in checked.stdout.splitlines() if "Canary.svelte" in line]
    assert any("ERROR" in line and "not assignable to type 'number'" in line for line in lines), checked.stdout
    assert any("WARNING" in line and "alt" in line for line in lines), checked.stdout


def test_oxlint_and_prettier_fail_on_their_faults(copy: Path) -> None:
    (copy / "src" / "canary.ts").write_text("export function f(){ debugger }\n")

    linted = _node(copy, "oxlint/bin/oxlint", "--deny-warnings", "src/canary.ts")
    formatted = _node(copy, "prettier/bin/prettier.cjs", "--check", "src/canary.ts")

    assert (linted.returncode, formatted.returncode) == (1, 1), linted.stdout + formatted.stdout
