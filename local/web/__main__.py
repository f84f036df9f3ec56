"""`python -m local.web`: builds the app, unless it is built from these sources already."""

import sys

from local.web.build import NotBuilt, build


def main() -> int:
    """Returns 0, or 1 after one line that says why there is no app."""
    try:
        build()
    except NotBuilt as error:
        print(f"The web app is not built: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
