"""`python -m local.web.early_field`: writes the field that a visitor types in until the widget's chat has loaded.

The source is web/widget/early. The API puts its script and its style into each document of a widget, so they are in git
beside the module that does so, and no deployment of the one waits for the other.
"""

import json
import subprocess
import sys

from local import node
from local.data_folder import REPOSITORY

FILE = REPOSITORY / "layers" / "common" / "oneai" / "chatbots" / "early_field.json"
_PRINT = """
const made = await (await import("./widget/plugin.ts")).script("early.js", "early/main.ts");
console.log(JSON.stringify(Object.fromEntries(made.map(({ fileName, source }) => [fileName, String(source)]))));
"""


def contents() -> str:
    """The file: {script, style}. Raises NodeMissing, and CalledProcessError if it cannot be built."""
    if not (node.WEB / ".svelte-kit" / "tsconfig.json").is_file():
        node.run(node.package_script("@sveltejs/kit/svelte-kit.js"), "sync").check_returncode()
    command = [str(node.binary()), "--input-type=module", "--eval", _PRINT]
    built = subprocess.run(command, cwd=node.WEB, capture_output=True, text=True, check=True)
    files = json.loads(built.stdout)
    found = {"script": files["early.js"].strip(), "style": files["early.css"].partition("/*")[0].strip()}
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Writes it; returns 0."""
    FILE.write_text(contents())
    return 0


if __name__ == "__main__":
    sys.exit(main())
