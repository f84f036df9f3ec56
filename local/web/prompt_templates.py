"""`python -m local.web.prompt_templates`: writes what chatbots of each use case begin with, for the web app's forms.

The source is `oneai.chatbots.answering.templates`, from which the API fills in what a request leaves out. The file is
in git, because Node's tests and editors read it.
"""

import json
import sys
from dataclasses import asdict

from local import node
from oneai.chatbots.answering.templates import TEMPLATES

FILE = node.WEB / "src" / "lib" / "chatbots" / "prompt_templates.json"


def contents() -> str:
    """The file: {use case: {language: {prompt, greeting}}}."""
    found = {
        use_case: {language: asdict(each) for language, each in of_use_case.items()}
        for use_case, of_use_case in TEMPLATES.items()
    }
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    """Writes it; returns 0."""
    FILE.write_text(contents())
    return 0


if __name__ == "__main__":
    sys.exit(main())
