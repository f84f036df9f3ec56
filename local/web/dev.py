"""`python -m local.web.dev`, which is `make web`: Vite with hot reload, over the stack that runs."""

import sys

from local import node
from local.data_folder import running_address


def main() -> int:
    """Returns 1 after a sentence where something is missing; Vite takes over otherwise."""
    address = running_address()
    if address is None:
        print("No stack runs over this data folder: `make dev` in another terminal starts it.", file=sys.stderr)
        return 1
    try:
        vite = node.package_script("vite/bin/vite.js")
        node.replace_process(str(vite), "dev", *sys.argv[1:], environment={"STACK_URL": address})
    except node.NodeMissing as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
